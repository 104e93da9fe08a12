#include "common/base/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace common::base {

std::string human_seconds(double seconds) {
  char text[32];
  if (!(seconds < 1e9)) return "?";
  if (seconds < 60) {
    std::snprintf(text, sizeof text, "%.1f s", seconds);
    return text;
  }
  const auto whole = static_cast<long long>(std::llround(seconds));
  if (whole < 3600) {
    std::snprintf(text, sizeof text, "%lld:%02lld", whole / 60, whole % 60);
  } else {
    std::snprintf(text, sizeof text, "%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60,
                  whole % 60);
  }
  return text;
}

Progress::Progress(std::string label, std::int64_t total, std::string unit, std::int64_t start,
                   std::FILE* out)
    : label_(std::move(label)), unit_(std::move(unit)), total_(total), start_(start), out_(out) {
  const char* term = std::getenv("TERM");
  terminal_ = out != nullptr && ::isatty(::fileno(out)) != 0 && term != nullptr &&
              std::string(term) != "dumb";
}

Progress::~Progress() {
  if (terminal_ && shown_) {
    std::fputs("\r\033[K", out_);
    std::fflush(out_);
  }
}

std::string Progress::line(std::int64_t done, double seconds, const std::string& note) const {
  const double rate = static_cast<double>(done - start_) / std::max(seconds, 1e-9);
  const double left = rate > 0 ? static_cast<double>(total_ - done) / rate : 1e18;
  const double share = total_ > 0 ? static_cast<double>(done) / static_cast<double>(total_) : 1.0;
  std::string bar;
  if (terminal_) {
    const int filled = static_cast<int>(std::clamp(share, 0.0, 1.0) * 20);
    bar = " [" + std::string(static_cast<std::size_t>(filled), '#') +
          std::string(static_cast<std::size_t>(20 - filled), '.') + "]";
  }
  char numbers[160];
  std::snprintf(numbers, sizeof numbers, "%3.0f %% %lld/%lld %s, %.4g/s, %s left", share * 100,
                static_cast<long long>(done), static_cast<long long>(total_), unit_.c_str(), rate,
                human_seconds(left).c_str());
  return label_ + bar + " " + numbers + (note.empty() ? "" : ", " + note);
}

void Progress::update(std::int64_t done, const std::string& note) {
  if (out_ == nullptr) return;
  const auto now = Clock::now();
  const std::chrono::duration<double> since_print = now - printed_, since_start = now - began_;
  if (since_start.count() < 1.0 || since_print.count() < (terminal_ ? 0.1 : shown_ ? 10.0 : 2.0)) {
    return;
  }
  printed_ = now;
  shown_ = true;
  const std::string text = line(done, since_start.count(), note);
  std::fprintf(out_, terminal_ ? "\r\033[K%s" : "%s\n", text.c_str());
  std::fflush(out_);
}

}  // namespace common::base
