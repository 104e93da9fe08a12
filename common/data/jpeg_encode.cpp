#include "common/data/jpeg_encode.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>

// After <cstdio>: it wants FILE.
#include <jpeglib.h>

#include "common/base/error.h"

namespace common::data {
namespace {

struct Failure {
  jpeg_error_mgr base;  // first, so that libjpeg's pointer is one to us
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void fail(j_common_ptr info) {
  auto* const failure = reinterpret_cast<Failure*>(info->err);
  (*info->err->format_message)(info, failure->message);
  std::longjmp(failure->back, 1);
}

// What libjpeg works with. It outlives the longjmp of a failed call.
struct Encoder {
  Failure failure = {};
  jpeg_compress_struct info = {};
  unsigned char* bytes = nullptr;
  unsigned long size = 0;

  ~Encoder() {
    jpeg_destroy_compress(&info);
    std::free(bytes);
  }
};

// Returns whether it went well. Nothing in here has a destructor.
bool encode(Encoder& e, const RgbImage& image, int quality) {
  e.info.err = jpeg_std_error(&e.failure.base);
  e.failure.base.error_exit = fail;
  if (setjmp(e.failure.back) != 0) return false;
  jpeg_create_compress(&e.info);
  jpeg_mem_dest(&e.info, &e.bytes, &e.size);
  e.info.image_width = static_cast<JDIMENSION>(image.width);
  e.info.image_height = static_cast<JDIMENSION>(image.height);
  e.info.input_components = 3;
  e.info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&e.info);
  jpeg_set_quality(&e.info, quality, TRUE);
  jpeg_start_compress(&e.info, TRUE);
  while (e.info.next_scanline < e.info.image_height) {
    auto* row = const_cast<JSAMPLE*>(image.rgb.data()) + 3 * image.width * e.info.next_scanline;
    jpeg_write_scanlines(&e.info, &row, 1);
  }
  jpeg_finish_compress(&e.info);
  return true;
}

}  // namespace

std::string encode_jpeg(const RgbImage& image, int quality) {
  Encoder encoder;
  base::require(encode(encoder, image, quality),
                std::string("cannot make a JPEG: ") + encoder.failure.message);
  return {reinterpret_cast<const char*>(encoder.bytes), encoder.size};
}

}  // namespace common::data
