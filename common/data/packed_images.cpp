#include "common/data/packed_images.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/data/internal/packed_format.h"

namespace common::data {
namespace fs = std::filesystem;
using base::require;
using base::shown;
using namespace internal;
namespace {

constexpr const char* kMend = "; pack the images again";

struct Header {
  std::uint64_t fingerprint = 0, images = 0, index_at = 0;
  std::uint32_t sum = 0;
};

Header parse_header(std::string_view file, const std::string& where) {
  const std::string_view magic = file.substr(0, kWholeMagic.size());
  require(magic != kPartMagic, where + " is not finished: its packing was stopped" + kMend);
  require(magic == kWholeMagic, where + " is no file of packed images");
  require(file.size() >= kHeaderBytes,
          where + " is cut short: it has only " + std::to_string(file.size()) + " bytes" + kMend);
  std::string_view rest = file.substr(kWholeMagic.size(), kHeaderBytes);
  Header header;
  header.fingerprint = take<std::uint64_t>(rest);
  header.images = take<std::uint64_t>(rest);
  header.index_at = take<std::uint64_t>(rest);
  header.sum = take<std::uint32_t>(rest);
  require(take<std::uint32_t>(rest) == crc_of(file.substr(0, kHeaderBytes - 4)),
          where + " has a damaged header" + kMend);
  require(header.index_at >= kHeaderBytes && header.index_at <= file.size(),
          where + " is cut short: its index begins at byte " + std::to_string(header.index_at) +
              ", it has " + std::to_string(file.size()) + kMend);
  require(header.images <= (file.size() - header.index_at) / kEntryBytes,
          where + " is cut short: it has no room for the index of " +
              std::to_string(header.images) + " images" + kMend);
  return header;
}

std::vector<std::string> parse_classes(std::string_view bytes, const std::string& where) {
  const std::string damaged = where + " has a damaged list of classes" + kMend;
  require(bytes.size() >= 4, damaged);
  const auto count = take<std::uint32_t>(bytes);
  require(count <= bytes.size() / 4, damaged);
  std::vector<std::string> classes;
  for (std::uint32_t i = 0; i < count; ++i) {
    require(bytes.size() >= 4, damaged);
    const auto length = take<std::uint32_t>(bytes);
    require(length <= kMostNameBytes && length <= bytes.size(), damaged);
    classes.emplace_back(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  require(bytes.empty(), damaged);
  return classes;
}

// An entry of the index. Everything that it leads to lies between header and index.
PackedImage parse_entry(std::string_view& bytes, std::uint64_t index_at, std::size_t classes,
                        const std::string& what) {
  PackedImage image;
  const auto record = take<std::uint64_t>(bytes);
  image.bytes = take<std::uint32_t>(bytes);
  image.name_bytes = take<std::uint32_t>(bytes);
  image.label = take<std::uint32_t>(bytes);
  image.sum = take<std::uint32_t>(bytes);
  const std::uint64_t wanted = kRecordBytes + std::uint64_t{image.name_bytes} + image.bytes;
  require(record >= kHeaderBytes && record <= index_at && wanted <= index_at - record,
          what + " lies outside of the file" + kMend);
  require(image.name_bytes <= kMostNameBytes, what + " has too long a name" + kMend);
  require(image.label < classes, what + " has the label " + std::to_string(image.label) +
                                     ", there are " + std::to_string(classes) + " classes" + kMend);
  image.at = record + kRecordBytes;
  return image;
}

// Maps a whole file; empty ones give "".
std::string_view map_file(const fs::path& path) {
  const auto cannot = [&] {
    return "cannot read " + shown(path.string()) + ": " + std::generic_category().message(errno);
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  require(fd >= 0, cannot);
  const struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } closer{fd};
  struct stat about = {};
  require(::fstat(fd, &about) == 0, cannot);
  require(S_ISREG(about.st_mode), shown(path.string()) + " is no file");
  const auto size = static_cast<std::size_t>(about.st_size);
  if (size == 0) return "";
  void* const map = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd, 0);
  require(map != MAP_FAILED, cannot);
  return {static_cast<const char*>(map), size};
}

void unmap(std::string_view file) {
  if (!file.empty()) ::munmap(const_cast<char*>(file.data()), file.size());
}

}  // namespace

PackedIndex parse_packed_images(std::string_view file, const std::string& where) {
  const Header header = parse_header(file, where);
  std::string_view index = file.substr(header.index_at);
  require(crc_of(index) == header.sum, where + " has a damaged index" + kMend);
  PackedIndex parsed;
  parsed.fingerprint = header.fingerprint;
  parsed.classes = parse_classes(index.substr(header.images * kEntryBytes), where);
  parsed.images.reserve(header.images);
  for (std::uint64_t i = 0; i < header.images; ++i) {
    parsed.images.push_back(parse_entry(index, header.index_at, parsed.classes.size(),
                                        where + ": image " + std::to_string(i)));
  }
  return parsed;
}

PackedImages::PackedImages(const fs::path& path, bool verify)
    : path_(path), verify_(verify), file_(map_file(path)) {
  try {
    index_ = parse_packed_images(file_, shown(path.string()));
  } catch (...) {
    unmap(file_);
    throw;
  }
}

PackedImages::~PackedImages() { unmap(file_); }

std::string PackedImages::name(std::int64_t i) const {
  return std::string(file_.substr(entry(i).at, entry(i).name_bytes));
}

std::string_view PackedImages::image(std::int64_t i) const {
  const PackedImage& image = entry(i);
  const std::string_view name_and_bytes =
      file_.substr(image.at, std::uint64_t{image.name_bytes} + image.bytes);
  require(!verify_ || crc_of(name_and_bytes) == image.sum,
          shown(path_.string()) + ": image " + std::to_string(i) +
              " is damaged: its sum is not what it was" + kMend);
  return name_and_bytes.substr(image.name_bytes);
}

ImageSet image_set(std::shared_ptr<const PackedImages> images) {
  ImageSet set;
  set.classes = images->classes();
  set.count = images->count();
  set.label = [images](std::int64_t i) { return images->label(i); };
  set.name = [images](std::int64_t i) { return images->name(i); };
  set.bytes = [images](std::int64_t i, std::string&) { return images->image(i); };
  return set;
}

}  // namespace common::data
