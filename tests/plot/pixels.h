// Looking into pictures: single pixels, counts of a colour, white margins; and errors expected.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/plot/colours.h"
#include "common/plot/picture.h"

namespace plot_test {

using common::plot::Colour;
using common::plot::Picture;

inline constexpr Colour kWhite{255, 255, 255};

inline Colour at(const Picture& picture, int64_t x, int64_t y) {
  const std::size_t i = static_cast<std::size_t>((y * picture.width + x) * 3);
  return {picture.rgb.at(i), picture.rgb.at(i + 1), picture.rgb.at(i + 2)};
}

inline bool near(Colour a, Colour b, int tolerance) {
  return std::abs(a.r - b.r) <= tolerance && std::abs(a.g - b.g) <= tolerance &&
         std::abs(a.b - b.b) <= tolerance;
}

/// Pixels from (left, top) up to but without (right, bottom).
struct Area {
  int64_t left, top, right, bottom;
};

inline Area all_of(const Picture& picture) { return {0, 0, picture.width, picture.height}; }

inline int64_t count(const Picture& picture, Colour colour, const Area& area, int tolerance = 0) {
  int64_t result = 0;
  for (int64_t y = area.top; y < area.bottom; ++y) {
    for (int64_t x = area.left; x < area.right; ++x) {
      result += near(at(picture, x, y), colour, tolerance) ? 1 : 0;
    }
  }
  return result;
}

inline int64_t count(const Picture& picture, Colour colour, int tolerance = 0) {
  return count(picture, colour, all_of(picture), tolerance);
}

/// Nothing is cut off: the outermost pixels are white all around.
inline void expect_white_edge(const Picture& picture, int64_t edge = 2) {
  for (const Area& side : {Area{0, 0, picture.width, edge},
                           Area{0, picture.height - edge, picture.width, picture.height},
                           Area{0, 0, edge, picture.height},
                           Area{picture.width - edge, 0, picture.width, picture.height}}) {
    EXPECT_EQ(count(picture, kWhite, side), (side.right - side.left) * (side.bottom - side.top));
  }
}

inline Picture filled(int64_t width, int64_t height, Colour colour) {
  Picture picture{width, height,
                  std::vector<uint8_t>(static_cast<std::size_t>(width * height * 3))};
  const uint8_t codes[] = {colour.r, colour.g, colour.b};
  for (std::size_t i = 0; i < picture.rgb.size(); ++i) picture.rgb[i] = codes[i % 3];
  return picture;
}

/// Runs `action` and expects an `Error` of one line that has `part` in it.
template <typename Action>
void expect_error(const std::string& part, Action action) {
  try {
    action();
    FAIL() << "no error; wanted one with: " << part;
  } catch (const common::base::Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos) << error.what();
  }
}

/// A folder of its own that goes when the test ends.
class TempFolder {
 public:
  TempFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "plot_test_XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace plot_test
