// What the pictures are drawn on: shapes and text in pixels, drawn larger and averaged down.
// Internal to common/plot: the only header here that shows OpenCV.
#pragma once

#include <cstdint>
#include <opencv2/core.hpp>
#include <span>
#include <string>
#include <vector>

#include "common/plot/colours.h"
#include "common/plot/picture.h"

namespace common::plot::internal {

/// A place in pixels from the top left corner.
struct Point {
  double x = 0;
  double y = 0;
};

/// A rectangle in pixels.
struct Box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
  Point centre() const { return {(left + right) / 2, (top + bottom) / 2}; }
};

enum class Align { kLeft, kCentre, kRight };

/// Size in pixels (of a line without its spacing), colour, and side of the anchor.
struct TextStyle {
  double size = 15;
  Colour colour = {40, 40, 40};
  Align align = Align::kLeft;
  bool bold = false;
};

inline constexpr Colour kInk{40, 40, 40};      // titles, labels
inline constexpr Colour kSoftInk{90, 90, 90};  // tick labels
inline constexpr Colour kAxis{130, 130, 130};  // frame of a plot
inline constexpr Colour kGridLine{228, 228, 228};
inline constexpr Colour kPaper{255, 255, 255};

/// Returns `text` as the printable ASCII that the built-in font has: dashes, quotes, the times and
/// plus-minus signs and accented Latin letters by what is nearest, the rest as '?'.
std::string ascii(const std::string& text);

/// Returns the width of `text` in pixels.
double text_width(const std::string& text, double size, bool bold = false);

/// Returns `text`, its end replaced by "..." where it is wider than `width`.
std::string cut_text(const std::string& text, double size, double width, bool bold = false);

/// Text made to fit: the lines and the size at which each is at most so wide.
struct FittedText {
  std::vector<std::string> lines;
  double size = 0;
  double height() const { return lines.empty() ? 0 : (1.35 * lines.size() - 0.35) * size; }
};

/// Returns `text` at `size` where it fits into `width`, else down to 80 % of it, else also wrapped
/// at spaces into `most_lines`, else cut with "...". Empty text has no lines.
FittedText fit_text(const std::string& text, double size, double width, int most_lines = 1,
                    bool bold = false);

/// White paper. Coordinates are in pixels of the finished picture.
class Canvas {
 public:
  /// Errors: `Error` when a side is not within 1 and 16000 pixels.
  Canvas(int64_t width, int64_t height);

  double width() const { return static_cast<double>(pixels_.cols) / scale_; }
  double height() const { return static_cast<double>(pixels_.rows) / scale_; }

  void line(Point a, Point b, Colour colour, double width);
  void fill(const Box& box, Colour colour, double opacity = 1);
  void outline(const Box& box, Colour colour, double width);
  void disc(Point centre, double radius, Colour colour);
  void polygon(std::span<const Point> corners, Colour colour);
  /// Fills only inside `clip`, and lets what is there show through.
  void polygon(std::span<const Point> corners, Colour colour, double opacity, const Box& clip);

  /// Writes `text` so that its capitals are centred on `anchor.y`.
  void text(Point anchor, const std::string& text, const TextStyle& style);
  /// Writes upwards; `anchor` is the middle of the text.
  void text_up(Point anchor, const std::string& text, const TextStyle& style);
  /// Writes the lines below `anchor.y`.
  void text(Point anchor, const FittedText& fitted, const TextStyle& style);

  /// Fills `box` with `image`, magnified without blur or averaged down.
  void image(const Picture& image, const Box& box);

  /// Returns the canvas' own pixels under `box`, as RGB, to write to: finer than the picture's.
  cv::Mat3b area(const Box& box);

  Picture finish() const;

 private:
  int scale_;
  cv::Mat3b pixels_;  // RGB
};

}  // namespace common::plot::internal
