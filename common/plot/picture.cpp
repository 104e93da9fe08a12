// PNG and JPEG through OpenCV, WebP through libwebp, and tiling.
#include "common/plot/picture.h"

#include <webp/decode.h>

#include <algorithm>
#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/plot/internal/canvas.h"
#include "common/plot/internal/image_size.h"

namespace common::plot {
namespace {

using internal::Align;
using internal::Box;
using internal::Canvas;
using internal::FittedText;

void require_whole(const Picture& picture) {
  base::require(picture.width > 0 && picture.height > 0, "an empty picture has nothing to show");
  base::require(static_cast<int64_t>(picture.rgb.size()) == picture.width * picture.height * 3,
                "a picture of " + std::to_string(picture.width) + " x " +
                    std::to_string(picture.height) + " pixels has " +
                    std::to_string(picture.rgb.size()) + " bytes, wanted width x height x 3");
}

int64_t columns_for(int64_t count, int64_t wanted) {
  if (wanted > 0) return std::min(wanted, count);
  if (count <= 4) return count;
  return static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(count))));
}

// Where everything goes, in whole pixels so that pictures stay as they are.
struct Tiling {
  int64_t columns = 0;
  int64_t gap = 0;
  int64_t cell_width = 0;
  int64_t cell_height = 0;
  int64_t top = 0;   // of the first row
  int64_t step = 0;  // from row to row
  int64_t width = 0;
  int64_t height = 0;
  FittedText title;
  std::vector<FittedText> captions;
};

Tiling tiling_of(std::span<const Picture> pictures, const TileOptions& options) {
  base::require(!pictures.empty(), "tile: there are no pictures to lay out");
  base::require(options.captions.empty() || options.captions.size() == pictures.size(),
                "tile: " + std::to_string(options.captions.size()) + " captions for " +
                    std::to_string(pictures.size()) + " pictures; give one each or none");
  const auto count = static_cast<int64_t>(pictures.size());
  Tiling t;
  t.columns = columns_for(count, options.columns);
  t.gap = std::max<int64_t>(options.gap, 0);
  for (const Picture& picture : pictures) {
    require_whole(picture);
    t.cell_width = std::max(t.cell_width, picture.width);
    t.cell_height = std::max(t.cell_height, picture.height);
  }
  double caption_height = 0;
  for (const std::string& caption : options.captions) {
    t.captions.push_back(internal::fit_text(caption, 15, static_cast<double>(t.cell_width), 3));
    caption_height = std::max(caption_height, t.captions.back().height() + 6);
  }
  t.width = t.columns * (t.cell_width + t.gap) + t.gap;
  t.title = internal::fit_text(options.title, 21, static_cast<double>(t.width - 2 * t.gap), 3,
                               /*bold=*/true);
  const double title_height = t.title.lines.empty() ? 0 : t.title.height() + 12;
  t.top = static_cast<int64_t>(std::ceil(title_height)) + t.gap;
  t.step = t.cell_height + static_cast<int64_t>(std::ceil(caption_height)) + t.gap;
  t.height = t.top + (count + t.columns - 1) / t.columns * t.step;
  return t;
}

std::string undecodable(const std::string& name) {
  return name + " is damaged: it begins as a picture but cannot be decoded";
}

// OpenCV asks libwebp whether a file is WebP, and hands what that refuses to all else that it is
// built with, a reader of DICOM among them that ends the process. So libwebp gets it at once.
Picture decode_webp(std::string_view bytes, const std::string& name, internal::ImageSize size) {
  Picture picture{size.width, size.height, {}};
  picture.rgb.resize(static_cast<std::size_t>(size.width * size.height * 3));
  base::require(WebPDecodeRGBInto(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(),
                                  picture.rgb.data(), picture.rgb.size(),
                                  static_cast<int>(size.width * 3)) != nullptr,
                undecodable(name));
  return picture;
}

// PNG and JPEG, which OpenCV knows by their first bytes alone.
Picture decode_by_opencv(std::string_view bytes, const std::string& name, int64_t most_pixels) {
  const cv::Mat1b raw(1, static_cast<int>(bytes.size()),
                      reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data())));
  cv::Mat bgr;
  try {
    bgr = cv::imdecode(raw, cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {  // said below
  }
  base::require(!bgr.empty(), undecodable(name));
  base::require(int64_t{bgr.cols} * bgr.rows <= most_pixels,
                name + " is damaged: it has more pixels than it says");
  Picture picture{bgr.cols, bgr.rows, {}};
  picture.rgb.resize(static_cast<std::size_t>(picture.width * picture.height * 3));
  cv::Mat3b rgb(bgr.rows, bgr.cols, reinterpret_cast<cv::Vec3b*>(picture.rgb.data()));
  cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
  return picture;
}

}  // namespace

std::string encode_png(const Picture& picture) {
  require_whole(picture);
  const cv::Mat3b rgb(static_cast<int>(picture.height), static_cast<int>(picture.width),
                      reinterpret_cast<cv::Vec3b*>(const_cast<uint8_t*>(picture.rgb.data())));
  cv::Mat bgr;
  cv::cvtColor(rgb, bgr, cv::COLOR_RGB2BGR);
  std::vector<uint8_t> bytes;
  base::require(cv::imencode(".png", bgr, bytes, {cv::IMWRITE_PNG_COMPRESSION, 6}),
                "OpenCV could not encode a PNG; is it built without libpng?");
  return {bytes.begin(), bytes.end()};
}

Picture decode_image(std::string_view bytes, const std::string& name, int64_t most_pixels) {
  // A progressive JPEG goes over its pixels in scans, of which a few bytes can ask: 20 MB of them
  // would take minutes. Encoders use up to 20.
  constexpr int64_t kMostScans = 200;
  const int64_t scans = internal::scans_in(bytes);
  base::require(scans <= kMostScans, name + " is a JPEG of " + std::to_string(scans) +
                                         " scans, at most " + std::to_string(kMostScans) +
                                         " are taken");
  // Asked before OpenCV sees the bytes: it knows twenty formats more, and believes any size.
  const auto size = internal::image_size(bytes);
  base::require(size.has_value(), name + " is no picture: wanted PNG, JPEG or WebP");
  base::require(size->width <= most_pixels && size->height <= most_pixels / size->width,
                name + " has " + std::to_string(size->width) + " x " +
                    std::to_string(size->height) + " pixels, more than " +
                    std::to_string(most_pixels) + " are not taken");
  if (internal::is_webp(bytes)) return decode_webp(bytes, name, *size);
  return decode_by_opencv(bytes, name, most_pixels);
}

void save_png(const Picture& picture, const std::filesystem::path& path) {
  base::write_file(path, encode_png(picture));
}

Picture tile(std::span<const Picture> pictures, const TileOptions& options) {
  const Tiling t = tiling_of(pictures, options);
  Canvas canvas(t.width, t.height);
  canvas.text({canvas.width() / 2, 12}, t.title, {.align = Align::kCentre, .bold = true});
  for (int64_t i = 0; i < static_cast<int64_t>(pictures.size()); ++i) {
    const Picture& picture = pictures[i];
    const int64_t cell_left = t.gap + i % t.columns * (t.cell_width + t.gap);
    const int64_t cell_top = t.top + i / t.columns * t.step;
    const auto left = static_cast<double>(cell_left + (t.cell_width - picture.width) / 2);
    const auto top = static_cast<double>(cell_top + (t.cell_height - picture.height) / 2);
    const Box box{left, top, left + static_cast<double>(picture.width),
                  top + static_cast<double>(picture.height)};
    canvas.image(picture, box);
    if (t.captions.empty()) continue;
    canvas.text({box.centre().x, static_cast<double>(cell_top + t.cell_height) + 6}, t.captions[i],
                {.align = Align::kCentre});
  }
  return canvas.finish();
}

}  // namespace common::plot
