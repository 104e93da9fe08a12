// A picture in memory: what every draw function returns, PNG in and out, and tiling of pictures.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace common::plot {

/// 8-bit colour pixels, row by row from the top left.
struct Picture {
  int64_t width = 0;
  int64_t height = 0;
  std::vector<uint8_t> rgb;  // [height, width, 3]
};

/// Returns `picture` as the bytes of a PNG file.
/// Errors: `Error` when it is empty or `rgb` does not hold height x width x 3 bytes.
std::string encode_png(const Picture& picture);

/// Returns the picture in the bytes of a PNG, JPEG or WebP file, which may come from anybody; grey
/// becomes RGB, alpha is dropped, a JPEG is turned as its camera says.
/// Errors: `Error` when they are none of these, are damaged, have more than `most_pixels`, or
/// are a JPEG of more than 200 scans; `name` stands for them in the message.
Picture decode_image(std::string_view bytes, const std::string& name,
                     int64_t most_pixels = 50'000'000);

/// Writes `picture` as PNG aside and renames it.
/// Errors: `Error` when the folder is missing or cannot be written.
void save_png(const Picture& picture, const std::filesystem::path& path);

/// How `tile` lays pictures out.
struct TileOptions {
  int64_t columns = 0;                     // 0: one row for up to 4 pictures, else nearly square
  std::string title = {};                  // above all, may be empty
  std::vector<std::string> captions = {};  // one under each picture, or none at all
  int64_t gap = 16;                        // pixels between pictures and around all of them
};

/// Returns the pictures side by side, row by row, each centred in a cell as large as the largest.
/// This makes strips (decision maps as training goes) and small multiples (charts in a grid).
/// Errors: `Error` for no pictures, an empty one, or a number of captions that differs.
Picture tile(std::span<const Picture> pictures, const TileOptions& options = {});

}  // namespace common::plot
