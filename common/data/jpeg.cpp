#include "common/data/jpeg.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <vector>

// After <cstdio>: it wants FILE.
#include <jpeglib.h>

#include "common/base/error.h"

namespace common::data {
using base::Error;
using base::require;
namespace {

// libjpeg ends a call that fails by longjmp. Nothing between setjmp and there has a destructor:
// only libjpeg's own C and the lambdas given to State::guard.
struct Failure {
  jpeg_error_mgr base;  // first, so that libjpeg's pointer is one to us
  std::jmp_buf back;
  bool lenient;
  char message[JMSG_LENGTH_MAX];
};

[[noreturn]] void fail(j_common_ptr info) {
  auto* const failure = reinterpret_cast<Failure*>(info->err);
  (*info->err->format_message)(info, failure->message);
  std::longjmp(failure->back, 1);
}

// Warnings (level -1) tell of damaged data.
void on_message(j_common_ptr info, int level) {
  if (level < 0 && !reinterpret_cast<Failure*>(info->err)->lenient) fail(info);
}

void print_nothing(j_common_ptr) {}

struct Scans {
  jpeg_progress_mgr base;
  std::int64_t most;
};

void count_scans(j_common_ptr info) {
  const auto* const scans = reinterpret_cast<Scans*>(info->progress);
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number <= scans->most) return;
  auto* const failure = reinterpret_cast<Failure*>(info->err);
  std::snprintf(failure->message, sizeof failure->message, "it has more than %lld scans",
                static_cast<long long>(scans->most));
  std::longjmp(failure->back, 1);
}

// The kind of the frame (the n of SOFn), or -1 when there is none before the pixels.
// Source: ITU T.81, B.1.1.
int frame_kind(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t at = 2; at + 4 <= bytes.size();) {
    const int marker = byte(at + 1);
    if (byte(at) != 0xFF) return -1;
    if (marker == 0xFF) {  // a filler
      ++at;
    } else if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
               marker != 0xCC) {
      return marker - 0xC0;
    } else if (marker == 0xDA || marker == 0xD9) {
      return -1;
    } else if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {  // stands alone
      at += 2;
    } else {
      at += 2 + static_cast<std::size_t>(byte(at + 2) << 8 | byte(at + 3));
    }
  }
  return -1;
}

// Why libjpeg need not be asked, or "".
std::string refusal(std::string_view bytes) {
  const auto begins = [&](std::string_view with) { return bytes.substr(0, with.size()) == with; };
  if (bytes.empty()) return "is empty";
  if (begins("\x89PNG")) return "is a PNG, wanted a JPEG";
  if (begins("GIF8")) return "is a GIF, wanted a JPEG";
  if (begins("RIFF")) return "is a WebP, wanted a JPEG";
  if (begins("BM")) return "is a BMP, wanted a JPEG";
  if (!begins("\xFF\xD8\xFF")) return "is no JPEG: it does not begin with FF D8 FF";
  const int kind = frame_kind(bytes);
  if (kind == 3) return "is a lossless JPEG, which is not read here";
  if (kind >= 9) return "is a JPEG with arithmetic coding, which is not read here";
  if (kind >= 5) return "is a hierarchical JPEG, which is not read here";
  return "";
}

JpegColours colours_of(J_COLOR_SPACE space) {
  switch (space) {
    case JCS_GRAYSCALE:
      return JpegColours::kGrey;
    case JCS_YCbCr:
      return JpegColours::kYcc;
    case JCS_CMYK:
      return JpegColours::kCmyk;
    case JCS_YCCK:
      return JpegColours::kYcck;
    default:
      return JpegColours::kRgb;
  }
}

// Ink on paper to light: each of C, M and Y takes its share of what K leaves. Adobe's programs
// store 255 for no ink.
void cmyk_to_rgb(std::uint8_t* pixels, std::int64_t count, bool inverted) {
  const int flip = inverted ? 0 : 255;
  for (std::uint8_t* p = pixels; p != pixels + 4 * count; p += 4) {
    const int light = p[3] ^ flip;
    for (int c = 0; c < 3; ++c) {
      p[c] = static_cast<std::uint8_t>(((p[c] ^ flip) * light + 127) / 255);
    }
  }
}

}  // namespace

struct JpegDecoder::State {
  explicit State(const JpegLimits& of) : limits(of) {
    info.err = jpeg_std_error(&failure.base);
    failure.base.error_exit = fail;
    failure.base.emit_message = on_message;
    failure.base.output_message = print_nothing;
    failure.lenient = of.lenient;
    where = "libjpeg";
    guard([this] { jpeg_create_decompress(&info); });
    scans.base.progress_monitor = count_scans;
    scans.most = of.most_scans;
    info.progress = &scans.base;
  }
  ~State() { jpeg_destroy_decompress(&info); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Runs `work`, which calls libjpeg and holds nothing that has a destructor.
  template <class Work>
  void guard(const Work& work) {
    if (setjmp(failure.back) == 0) {
      work();
      return;
    }
    // The decoder itself can be used again.
    jpeg_abort_decompress(&info);
    opened = false;
    throw Error(about() + failure.message);
  }

  // What a message begins with.
  std::string about() const { return where.empty() ? "" : where + ": "; }
  void check_header() const;
  void start(const Region& wanted, std::int64_t shrink);
  void read_rows(std::int64_t end);

  const JpegLimits limits;
  Failure failure = {};
  Scans scans = {};
  jpeg_decompress_struct info = {};
  std::string where;
  JpegHeader header;
  bool opened = false;
  std::vector<std::uint8_t> pixels;
  std::int64_t stride = 0, first_column = 0, first_row = 0;  // of what is in pixels
};

void JpegDecoder::State::check_header() const {
  const std::string what = about();
  const auto size = std::to_string(header.width) + " x " + std::to_string(header.height);
  require(info.data_precision == 8,
          what + "has " + std::to_string(info.data_precision) + " bits for each colour, wanted 8");
  require(header.width <= limits.most_pixels / std::max<std::int64_t>(header.height, 1),
          what + "its header tells of " + size + " pixels, the limit is " +
              std::to_string(limits.most_pixels));
  require(info.jpeg_color_space != JCS_UNKNOWN,
          what + "has " + std::to_string(header.components) + " components, wanted 1, 3 or 4");
}

JpegDecoder::JpegDecoder(JpegLimits limits) : state_(std::make_unique<State>(limits)) {}
JpegDecoder::~JpegDecoder() = default;
JpegDecoder::JpegDecoder(JpegDecoder&&) noexcept = default;
JpegDecoder& JpegDecoder::operator=(JpegDecoder&&) noexcept = default;

const JpegHeader& JpegDecoder::open(std::string_view bytes, std::string_view where) {
  State& s = *state_;
  s.where = where;
  s.opened = false;
  jpeg_abort_decompress(&s.info);
  const std::string reason = refusal(bytes);
  require(reason.empty(), s.about() + reason);
  s.guard([&] {
    jpeg_mem_src(&s.info, reinterpret_cast<const unsigned char*>(bytes.data()),
                 static_cast<unsigned long>(bytes.size()));
    jpeg_read_header(&s.info, TRUE);
  });
  s.header = {s.info.image_width, s.info.image_height, s.info.num_components,
              colours_of(s.info.jpeg_color_space), s.info.progressive_mode != FALSE};
  s.check_header();
  s.opened = true;
  return s.header;
}

namespace {

// A whole number of pixels on each side that upsampled colours depend on: beside the edge of what
// is decoded they are not those of a whole decode.
constexpr std::int64_t kMargin = 2;

// May be read behind the last pixel: those who take two pixels at once need not look for the end.
constexpr std::size_t kSpareBytes = 16;

// Whether colours are shared in one of the usual ways. In others libjpeg-turbo 2.1 makes parts that
// differ from the whole (4 x 2 at a quarter of the size), so that these are decoded from the top,
// in full width.
bool shares_colours_as_usual(const jpeg_decompress_struct& info) {
  for (int i = 0; i < info.num_components; ++i) {
    const jpeg_component_info& component = info.comp_info[i];
    if (component.h_samp_factor > 2 || component.v_samp_factor > 2) return false;
  }
  return true;
}

// The region at the reduced size, cut at the image's edge.
Region reduced(const Region& r, std::int64_t shrink) {
  const auto up = [&](std::int64_t n) { return (n + shrink - 1) / shrink; };
  const std::int64_t left = r.left / shrink, top = r.top / shrink;
  return {left, top, up(r.left + r.width) - left, up(r.top + r.height) - top};
}

}  // namespace

void JpegDecoder::State::start(const Region& wanted, std::int64_t shrink) {
  const bool has_ink = info.num_components == 4;
  info.out_color_space = has_ink ? JCS_CMYK : JCS_EXT_RGBX;
  info.scale_num = 1;
  info.scale_denom = static_cast<unsigned>(shrink);
  // The slower, exact transform: 6 % of the time of a whole decode.
  info.dct_method = JDCT_ISLOW;
  guard([&] {
    jpeg_start_decompress(&info);
    if (!shares_colours_as_usual(info)) return;
    first_row = wanted.top;
    const std::int64_t whole = info.output_width;
    const std::int64_t begin = std::max<std::int64_t>(wanted.left - kMargin, 0);
    const std::int64_t end = std::min(wanted.left + wanted.width + kMargin, whole);
    if (begin == 0 && end == whole) return;
    auto left = static_cast<JDIMENSION>(begin), width = static_cast<JDIMENSION>(end - begin);
    jpeg_crop_scanline(&info, &left, &width);
    first_column = left;
  });
}

void JpegDecoder::State::read_rows(std::int64_t end) {
  stride = 4 * static_cast<std::int64_t>(info.output_width);
  const std::int64_t height = end - first_row;
  const auto bytes = static_cast<std::size_t>(stride * height);
  if (pixels.size() < bytes + kSpareBytes) pixels.resize(bytes + kSpareBytes);
  std::uint8_t* const first = pixels.data();
  guard([&] {
    if (first_row > 0) jpeg_skip_scanlines(&info, static_cast<JDIMENSION>(first_row));
    constexpr std::int64_t kRows = 16;
    JSAMPROW rows[kRows];
    for (std::int64_t done = 0; done < height;) {
      const std::int64_t count = std::min(kRows, height - done);
      for (std::int64_t i = 0; i < count; ++i) rows[i] = first + (done + i) * stride;
      done += jpeg_read_scanlines(&info, rows, static_cast<JDIMENSION>(count));
    }
    jpeg_abort_decompress(&info);  // the rows below are not wanted
  });
}

DecodedPixels JpegDecoder::decode(const Region& region, std::int64_t shrink) {
  State& s = *state_;
  const JpegHeader& h = s.header;
  if (!s.opened) throw std::logic_error("JpegDecoder::decode: no image is open");
  if (region.left < 0 || region.top < 0 || region.width < 1 || region.height < 1 ||
      region.left > h.width - region.width || region.top > h.height - region.height ||
      (shrink != 1 && shrink != 2 && shrink != 4 && shrink != 8)) {
    throw std::logic_error("JpegDecoder::decode: that is no part of the image");
  }
  s.opened = false;
  const Region at = reduced(region, shrink);
  s.first_column = s.first_row = 0;
  s.start(at, shrink);
  const bool has_ink = s.info.num_components == 4, inverted = s.info.saw_Adobe_marker != FALSE;
  s.read_rows(at.top + at.height);
  std::uint8_t* const first =
      s.pixels.data() + (at.top - s.first_row) * s.stride + 4 * (at.left - s.first_column);
  for (std::int64_t y = 0; y < at.height && has_ink; ++y) {
    cmyk_to_rgb(first + y * s.stride, at.width, inverted);
  }
  return {first, s.stride, at};
}

JpegHeader read_jpeg_header(std::string_view bytes, std::string_view where,
                            const JpegLimits& limits) {
  return JpegDecoder(limits).open(bytes, where);
}

}  // namespace common::data
