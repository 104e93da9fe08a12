// JPEGs for tests: of any kind that libjpeg-turbo can write.
#pragma once

#include <cstdint>
#include <string>

namespace tests {

/// What kind of JPEG.
struct JpegKind {
  std::int64_t width = 48, height = 32;
  int components = 3;        ///< 1 grey, 3 colours, 4 ink
  bool ycc = true;           ///< YCbCr or YCCK, else RGB or CMYK
  int across = 2, down = 2;  ///< how many pixels share their colours
  bool progressive = false, arithmetic = false;
  int restart = 0;  ///< blocks between restart markers
  int quality = 90;
};

/// Returns a JPEG of smooth waves; with 4 components it has Adobe's marker.
std::string make_jpeg(const JpegKind& kind = {});

/// Returns where the frame header begins (FF C0, or FF C2 in progressive files).
std::size_t frame_at(const std::string& jpeg);

}  // namespace tests
