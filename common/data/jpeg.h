// JPEG through libjpeg-turbo: what a header says, and the pixels of a part of an image, at full
// size or at a half, a quarter or an eighth of it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace common::data {

/// How the components of a file make colours.
enum class JpegColours { kGrey, kYcc, kRgb, kCmyk, kYcck };

/// What the header of a file says.
struct JpegHeader {
  std::int64_t width = 0, height = 0;  ///< as stored: the orientation in EXIF is not looked at
  std::int64_t components = 0;         ///< 1, 3 or 4
  JpegColours colours = JpegColours::kYcc;
  bool progressive = false;
};

/// What is refused.
struct JpegLimits {
  std::int64_t most_pixels = 100'000'000;  ///< by the header, before memory is asked for
  std::int64_t most_scans = 200;  ///< each goes over the whole image; encoders use up to 20
  bool lenient = false;  ///< damaged data: what there is of the image, the rest grey; no Error
};

/// A part of an image: columns left to left + width - 1, rows likewise.
struct Region {
  std::int64_t left = 0, top = 0, width = 0, height = 0;
};

/// Decoded pixels, four bytes each: red, green, blue and one without meaning. They belong to the
/// decoder, until its next call. 16 bytes behind the last may be read, too.
struct DecodedPixels {
  const std::uint8_t* data = nullptr;
  std::int64_t stride = 0;  ///< bytes from row to row
  Region region;            ///< where they are in the image at its reduced size
};

/// Reads the header of `bytes`; `where`, if any, names the file in messages.
/// Errors: `Error` for what is no JPEG, has no header, is larger than the limit, or is of a kind
/// that is rare and not read here: arithmetic coding, lossless, 12 or 16 bits, two components.
JpegHeader read_jpeg_header(std::string_view bytes, std::string_view where,
                            const JpegLimits& limits = {});

/// Decodes one image after the other, each into the memory of those before. One for each thread.
/// Grey, CMYK and YCCK (Adobe's inverted ones too) become RGB; colour profiles and the orientation
/// in EXIF are ignored, as in torchvision.
class JpegDecoder {
 public:
  explicit JpegDecoder(JpegLimits limits = {});
  ~JpegDecoder();
  JpegDecoder(JpegDecoder&&) noexcept;
  JpegDecoder& operator=(JpegDecoder&&) noexcept;

  /// Reads the header. `bytes` must live until decode() has returned.
  /// Errors: as read_jpeg_header.
  const JpegHeader& open(std::string_view bytes, std::string_view where);

  /// Decodes what covers `region` (of the whole image) of the opened image at 1 / `shrink` of its
  /// size; once for each open(). The rows below are not looked at, so that a file that is damaged
  /// only there goes through.
  /// Args: shrink 1, 2, 4 or 8. The reduced image has ceil(width / shrink) columns.
  /// Returns: the columns floor(left / shrink) to ceil((left + width) / shrink), rows likewise;
  /// the same pixels as a decode of the whole has there.
  /// Errors: `Error` for damaged data, unless the limits are lenient.
  DecodedPixels decode(const Region& region, std::int64_t shrink = 1);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace common::data
