#include "tests/data/make_jpeg.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

// After <cstdio>: it wants FILE.
#include <jpeglib.h>

namespace tests {
namespace {

std::vector<JSAMPLE> wave_row(const JpegKind& kind, std::int64_t y) {
  std::vector<JSAMPLE> row;
  for (std::int64_t x = 0; x < kind.width; ++x) {
    for (int c = 0; c < kind.components; ++c) {
      const double waves = std::sin(static_cast<double>(x) / (3 + 4 * c)) +
                           std::cos(static_cast<double>(y) / (9 - 2 * c));
      row.push_back(static_cast<JSAMPLE>(127 + 60 * waves));
    }
  }
  return row;
}

}  // namespace

std::string make_jpeg(const JpegKind& kind) {
  jpeg_compress_struct info = {};
  jpeg_error_mgr errors = {};
  info.err = jpeg_std_error(&errors);  // ends the test program, saying why
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(kind.width);
  info.image_height = static_cast<JDIMENSION>(kind.height);
  info.input_components = kind.components;
  info.in_color_space = kind.components == 1   ? JCS_GRAYSCALE
                        : kind.components == 3 ? JCS_RGB
                                               : JCS_CMYK;
  jpeg_set_defaults(&info);
  if (kind.components == 3 && !kind.ycc) jpeg_set_colorspace(&info, JCS_RGB);
  if (kind.components == 4 && kind.ycc) jpeg_set_colorspace(&info, JCS_YCCK);
  info.comp_info[0].h_samp_factor = kind.components == 1 ? 1 : kind.across;
  info.comp_info[0].v_samp_factor = kind.components == 1 ? 1 : kind.down;
  jpeg_set_quality(&info, kind.quality, TRUE);
  if (kind.progressive) jpeg_simple_progression(&info);
  info.arith_code = kind.arithmetic ? TRUE : FALSE;
  info.restart_interval = static_cast<unsigned>(kind.restart);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    std::vector<JSAMPLE> row = wave_row(kind, info.next_scanline);
    JSAMPROW rows[] = {row.data()};
    jpeg_write_scanlines(&info, rows, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string jpeg(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return jpeg;
}

std::size_t frame_at(const std::string& jpeg) {
  const std::size_t baseline = jpeg.find("\xFF\xC0"), progressive = jpeg.find("\xFF\xC2");
  const std::size_t at = std::min(baseline, progressive);
  EXPECT_NE(at, std::string::npos);
  return at;
}

}  // namespace tests
