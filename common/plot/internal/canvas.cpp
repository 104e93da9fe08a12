// Drawing through OpenCV at two or three times the size, averaged down at the end.
#include "common/plot/internal/canvas.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <opencv2/imgproc.hpp>

#include "common/base/error.h"
#include "common/plot/internal/font.h"

namespace common::plot::internal {
namespace {

constexpr int kShift = 4;  // OpenCV takes coordinates in sixteenths of a pixel

cv::Scalar scalar(Colour colour) { return {double(colour.r), double(colour.g), double(colour.b)}; }

// Fewer samples for a large picture, which would take gigabytes.
int sampling(int64_t width, int64_t height) {
  const double pixels = static_cast<double>(width) * static_cast<double>(height);
  return pixels <= 4e6 ? 3 : pixels <= 12e6 ? 2 : 1;
}

// The pixel with centre (0, 0) spans -0.5 to 0.5 in OpenCV; our 0 is a pixel's left edge.
int fixed(double pixels, int scale) {
  const double bounded = std::clamp(pixels, -20000.0, 36000.0);
  return static_cast<int>(std::lround((bounded * scale - 0.5) * (1 << kShift)));
}

std::vector<cv::Point> fixed(std::span<const Point> points, int scale) {
  std::vector<cv::Point> result;
  for (const Point& p : points) result.emplace_back(fixed(p.x, scale), fixed(p.y, scale));
  return result;
}

}  // namespace

Canvas::Canvas(int64_t width, int64_t height) : scale_(sampling(width, height)) {
  base::require(width >= 1 && height >= 1 && width <= 16000 && height <= 16000,
                "a picture of " + std::to_string(width) + " x " + std::to_string(height) +
                    " pixels was asked for, at most 16000 x 16000 can be drawn; show less at once");
  pixels_ = cv::Mat3b(static_cast<int>(height) * scale_, static_cast<int>(width) * scale_,
                      cv::Vec3b(255, 255, 255));
}

void Canvas::line(Point a, Point b, Colour colour, double width) {
  const int thickness = std::max(1, static_cast<int>(std::lround(width * scale_)));
  cv::line(pixels_, {fixed(a.x, scale_), fixed(a.y, scale_)},
           {fixed(b.x, scale_), fixed(b.y, scale_)}, scalar(colour), thickness, cv::LINE_AA,
           kShift);
}

cv::Mat3b Canvas::area(const Box& box) {
  const auto place = [this](double v, int limit) {
    return static_cast<int>(std::clamp(std::round(v * scale_), 0.0, static_cast<double>(limit)));
  };
  const cv::Point low(place(box.left, pixels_.cols), place(box.top, pixels_.rows));
  const cv::Point high(place(box.right, pixels_.cols), place(box.bottom, pixels_.rows));
  return pixels_(cv::Rect(low.x, low.y, std::max(0, high.x - low.x), std::max(0, high.y - low.y)));
}

void Canvas::fill(const Box& box, Colour colour, double opacity) {
  cv::Mat3b target = area(box);
  if (target.empty()) return;
  if (opacity >= 1) {
    target.setTo(scalar(colour));
  } else {
    const cv::Mat3b flat(target.size(), cv::Vec3b(colour.r, colour.g, colour.b));
    cv::addWeighted(flat, opacity, target, 1 - opacity, 0, target);
  }
}

void Canvas::outline(const Box& box, Colour colour, double width) {
  const double half = width / 2;
  fill({box.left - half, box.top - half, box.right + half, box.top + half}, colour);
  fill({box.left - half, box.bottom - half, box.right + half, box.bottom + half}, colour);
  fill({box.left - half, box.top - half, box.left + half, box.bottom + half}, colour);
  fill({box.right - half, box.top - half, box.right + half, box.bottom + half}, colour);
}

void Canvas::disc(Point centre, double radius, Colour colour) {
  cv::circle(pixels_, {fixed(centre.x, scale_), fixed(centre.y, scale_)},
             static_cast<int>(std::lround(radius * scale_ * (1 << kShift))), scalar(colour),
             cv::FILLED, cv::LINE_AA, kShift);
}

void Canvas::polygon(std::span<const Point> corners, Colour colour) {
  if (corners.size() < 3) return;
  cv::fillPoly(pixels_, std::vector<std::vector<cv::Point>>{fixed(corners, scale_)}, scalar(colour),
               cv::LINE_AA, kShift);
}

void Canvas::polygon(std::span<const Point> corners, Colour colour, double opacity,
                     const Box& clip) {
  cv::Mat3b target = area(clip);
  if (corners.size() < 3 || target.empty()) return;
  std::vector<Point> moved;
  for (const Point& p : corners) moved.push_back({p.x - clip.left, p.y - clip.top});
  cv::Mat3b painted = target.clone();
  cv::fillPoly(painted, std::vector<std::vector<cv::Point>>{fixed(moved, scale_)}, scalar(colour),
               cv::LINE_AA, kShift);
  cv::addWeighted(painted, opacity, target, 1 - opacity, 0, target);
}

void Canvas::text(Point anchor, const std::string& text, const TextStyle& style) {
  const double wide = text_width(text, style.size, style.bold);
  const double shift = style.align == Align::kLeft     ? 0
                       : style.align == Align::kCentre ? wide / 2
                                                       : wide;
  draw_text(pixels_, {(anchor.x - shift) * scale_, anchor.y * scale_}, text, style.size * scale_,
            scalar(style.colour), style.bold);
}

void Canvas::text_up(Point anchor, const std::string& text, const TextStyle& style) {
  const double wide = text_width(text, style.size, style.bold) + 2;
  const double high = 1.6 * style.size;
  cv::Mat3b paper(static_cast<int>(std::ceil(high * scale_)),
                  static_cast<int>(std::ceil(wide * scale_)), cv::Vec3b(255, 255, 255));
  draw_text(paper, {1.0 * scale_, paper.rows / 2.0}, text, style.size * scale_,
            scalar(style.colour), style.bold);
  cv::rotate(paper, paper, cv::ROTATE_90_COUNTERCLOCKWISE);
  const cv::Point corner(static_cast<int>(std::lround(anchor.x * scale_ - paper.cols / 2.0)),
                         static_cast<int>(std::lround(anchor.y * scale_ - paper.rows / 2.0)));
  const cv::Rect wanted(corner, paper.size());
  const cv::Rect seen = wanted & cv::Rect({0, 0}, pixels_.size());
  if (seen.empty()) return;
  cv::Mat3b target = pixels_(seen);
  const cv::Mat part = paper(seen - corner);
  cv::min(target, part, target);
}

void Canvas::text(Point anchor, const FittedText& fitted, const TextStyle& style) {
  TextStyle sized = style;
  sized.size = fitted.size;
  double y = anchor.y + fitted.size / 2;
  for (const std::string& line : fitted.lines) {
    text({anchor.x, y}, line, sized);
    y += 1.35 * fitted.size;
  }
}

void Canvas::image(const Picture& image, const Box& box) {
  cv::Mat3b target = area(box);
  if (target.empty() || image.rgb.empty()) return;
  const cv::Mat3b source(static_cast<int>(image.height), static_cast<int>(image.width),
                         reinterpret_cast<cv::Vec3b*>(const_cast<uint8_t*>(image.rgb.data())));
  const bool smaller = target.cols < source.cols || target.rows < source.rows;
  cv::resize(source, target, target.size(), 0, 0, smaller ? cv::INTER_AREA : cv::INTER_NEAREST);
}

Picture Canvas::finish() const {
  Picture picture{pixels_.cols / scale_, pixels_.rows / scale_, {}};
  picture.rgb.resize(static_cast<std::size_t>(picture.width * picture.height * 3));
  cv::Mat3b result(static_cast<int>(picture.height), static_cast<int>(picture.width),
                   reinterpret_cast<cv::Vec3b*>(picture.rgb.data()));
  cv::resize(pixels_, result, result.size(), 0, 0, cv::INTER_AREA);
  return picture;
}

}  // namespace common::plot::internal
