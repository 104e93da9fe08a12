// The image grid: sizes, colours, captions, colour bar.
#include "common/plot/image_grid.h"

#include <algorithm>
#include <cmath>

#include "common/base/error.h"
#include "common/plot/internal/canvas.h"
#include "common/plot/internal/colour_bar.h"

namespace common::plot {
namespace {

using internal::Align;
using internal::Box;
using internal::Canvas;
using internal::FittedText;

constexpr double kMargin = 16;
constexpr double kBarText = 13;
constexpr double kCaption = 14;

int64_t count_of(const ImageGrid& grid) {
  return static_cast<int64_t>(grid.pixels.size()) / (grid.height * grid.width * grid.channels);
}

void check(const ImageGrid& grid) {
  base::require(grid.height >= 1 && grid.width >= 1 && grid.height <= 8000 && grid.width <= 8000,
                "image grid: images of " + std::to_string(grid.width) + " x " +
                    std::to_string(grid.height) + " pixels, wanted 1 to 8000 each way");
  base::require(grid.channels == 1 || (grid.channels == 3 && grid.colours == ColourScale::kPlain),
                "image grid: " + std::to_string(grid.channels) +
                    " channels, wanted 1, or 3 with plain colours");
  const auto size = static_cast<int64_t>(grid.pixels.size());
  base::require(size > 0 && size % (grid.height * grid.width * grid.channels) == 0,
                "image grid: " + std::to_string(size) + " numbers are no whole images of " +
                    std::to_string(grid.height) + " x " + std::to_string(grid.width) + " x " +
                    std::to_string(grid.channels));
  base::require(
      grid.captions.empty() || static_cast<int64_t>(grid.captions.size()) == count_of(grid),
      "image grid: " + std::to_string(grid.captions.size()) + " captions for " +
          std::to_string(count_of(grid)) + " images; give one each or none");
}

Picture image_of(const ImageGrid& grid, int64_t index, Range range) {
  Picture image{grid.width, grid.height, {}};
  const int64_t cells = grid.width * grid.height;
  const double* const pixel = grid.pixels.data() + index * cells * grid.channels;
  const double nan = std::nan("");
  for (int64_t i = 0; i < cells; ++i) {
    Colour c = scale_colour(pixel[i * grid.channels], grid.colours, range);
    if (grid.channels == 3) {
      const double* const rgb = pixel + i * 3;
      const auto code = [&](double v) { return scale_colour(v, ColourScale::kPlain, range).r; };
      c = std::isnan(rgb[0] + rgb[1] + rgb[2]) ? sequential(nan)
                                               : Colour{code(rgb[0]), code(rgb[1]), code(rgb[2])};
    }
    image.rgb.insert(image.rgb.end(), {c.r, c.g, c.b});
  }
  return image;
}

// Rows, columns and magnification.
struct Shape {
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t scale = 1;
  double gap = 0;
};

Shape shape_of(const ImageGrid& grid) {
  const int64_t count = count_of(grid);
  Shape shape;
  shape.columns =
      grid.columns > 0 ? std::min(grid.columns, count)
      : count <= 5     ? count
                   : static_cast<int64_t>(std::ceil(std::sqrt(1.6 * static_cast<double>(count))));
  shape.rows = (count + shape.columns - 1) / shape.columns;
  const int64_t side = std::max(grid.width, grid.height);
  shape.scale = grid.scale > 0 ? grid.scale : std::max<int64_t>(1, (96 + side - 1) / side);
  const auto across = static_cast<double>(shape.columns * grid.width);
  while (grid.scale <= 0 && shape.scale > 1 && across * static_cast<double>(shape.scale) > 1500) {
    --shape.scale;
  }
  shape.gap = grid.captions.empty() ? 6 : 12;
  return shape;
}

}  // namespace

std::vector<double> unit_pixels(std::span<const uint8_t> bytes) {
  std::vector<double> result(bytes.size());
  std::transform(bytes.begin(), bytes.end(), result.begin(), [](uint8_t b) { return b / 255.0; });
  return result;
}

Picture draw(const ImageGrid& grid) {
  check(grid);
  const Shape shape = shape_of(grid);
  const Range range = scale_range(grid.pixels, grid.colours, grid.range);
  const auto image_width = static_cast<double>(grid.width * shape.scale);
  const auto image_height = static_cast<double>(grid.height * shape.scale);

  std::vector<FittedText> captions;
  double caption_height = 0;
  for (const std::string& caption : grid.captions) {
    captions.push_back(internal::fit_text(caption, kCaption, image_width + shape.gap - 4, 2));
    caption_height = std::max(caption_height, captions.back().height() + 5);
  }
  const double across = static_cast<double>(shape.columns) * (image_width + shape.gap) - shape.gap;
  const double step = image_height + caption_height + shape.gap;
  const double down = static_cast<double>(shape.rows) * step - shape.gap;
  const bool bar = grid.colours != ColourScale::kPlain;
  const double bar_width = bar ? internal::colour_bar_width(range, down, kBarText) : 0;
  const double width = std::max(across + bar_width + 2 * kMargin, grid.title.empty() ? 0.0 : 260.0);
  const FittedText title =
      internal::fit_text(grid.title, 19, width - 2 * kMargin, 3, /*bold=*/true);
  const double top = kMargin + (title.lines.empty() ? 0 : std::ceil(title.height()) + kMargin);

  Canvas canvas(static_cast<int64_t>(std::ceil(width)),
                static_cast<int64_t>(std::ceil(top + down + kMargin)));
  canvas.text({canvas.width() / 2, kMargin}, title, {.align = Align::kCentre, .bold = true});
  const double left = std::floor((canvas.width() - across - bar_width) / 2);
  for (int64_t i = 0; i < count_of(grid); ++i) {
    const double x = left + static_cast<double>(i % shape.columns) * (image_width + shape.gap);
    const double y = std::round(top + static_cast<double>(i / shape.columns) * step);
    const Box box{x, y, x + image_width, y + image_height};
    canvas.image(image_of(grid, i, range), box);
    if (bar) canvas.outline({box.left, box.top, box.right, box.bottom}, {205, 205, 205}, 1);
    if (captions.empty()) continue;
    canvas.text({box.centre().x, box.bottom + 5}, captions[i], {.align = Align::kCentre});
  }
  if (bar) {
    internal::draw_colour_bar(canvas, left + across, top, top + down - caption_height, grid.colours,
                              range, kBarText);
  }
  return canvas.finish();
}

}  // namespace common::plot
