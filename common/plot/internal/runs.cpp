// Runs, thinning and clipping.
#include "common/plot/internal/runs.h"

#include <algorithm>
#include <cmath>

namespace common::plot::internal {
namespace {

bool can_be_shown(double value, bool log) { return std::isfinite(value) && (!log || value > 0); }

bool inside(Point p, const Box& box) {
  return p.x >= box.left && p.x <= box.right && p.y >= box.top && p.y <= box.bottom;
}

}  // namespace

std::vector<PixelRun> runs_of(std::span<const double> x, std::span<const double> y,
                              const Frame& frame) {
  std::vector<PixelRun> runs;
  bool open = false;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (!can_be_shown(x[i], frame.x.log) || !can_be_shown(y[i], frame.y.log)) {
      open = false;
      continue;
    }
    if (!open) runs.emplace_back();
    open = true;
    runs.back().push_back(frame.at(x[i], y[i]));
  }
  return runs;
}

PixelRun thinned(const PixelRun& run) {
  if (run.size() < 2000) return run;
  PixelRun result;
  for (std::size_t begin = 0; begin < run.size();) {
    const double column = std::floor(run[begin].x);
    std::size_t end = begin;
    std::size_t lowest = begin;
    std::size_t highest = begin;
    for (; end < run.size() && std::floor(run[end].x) == column; ++end) {
      if (run[end].y < run[lowest].y) lowest = end;
      if (run[end].y > run[highest].y) highest = end;
    }
    std::vector<std::size_t> kept{begin, lowest, highest, end - 1};
    std::sort(kept.begin(), kept.end());
    kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
    for (const std::size_t i : kept) result.push_back(run[i]);
    begin = end;
  }
  return result;
}

bool clip_line(Point& a, Point& b, const Box& box) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  double enter = 0;
  double leave = 1;
  // Each side of the box lets through the part of the line where step * t <= room.
  const double sides[4][2] = {
      {-dx, a.x - box.left}, {dx, box.right - a.x}, {-dy, a.y - box.top}, {dy, box.bottom - a.y}};
  for (const auto& [step, room] : sides) {
    if (step == 0 && room < 0) return false;
    if (step < 0) enter = std::max(enter, room / step);
    if (step > 0) leave = std::min(leave, room / step);
  }
  if (enter > leave) return false;
  b = {a.x + leave * dx, a.y + leave * dy};
  a = {a.x + enter * dx, a.y + enter * dy};
  return true;
}

bool crosses(const PixelRun& run, const Box& box) {
  for (std::size_t i = 0; i < run.size(); ++i) {
    if (inside(run[i], box)) return true;
    if (i == 0) continue;
    Point a = run[i - 1];
    Point b = run[i];
    if (clip_line(a, b, box)) return true;
  }
  return false;
}

}  // namespace common::plot::internal
