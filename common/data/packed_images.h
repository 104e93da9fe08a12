// Many images in one file, which is mapped into memory: no open, read and close for each, and
// neighbours in the file are neighbours on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/image_folder.h"
#include "common/data/image_set.h"

namespace common::data {

// The file, all numbers little endian:
//   header   48 bytes: magic "course images 1\n", fingerprint of the source u64, number of images
//            u64, where the index begins u64, CRC-32 of index and names u32, of these 44 bytes u32
//   records  sample u64, bytes u32, bytes of the name u32, label u32, CRC-32 of name and bytes u32;
//            then the name, then the bytes
//   index    for each image: where its record begins u64, and the other numbers of the record
//   names    number of classes u32; each: bytes u32 and the bytes
// While it grows it has the magic "course images ?\n" and no index; what is whole in it are the
// records whose sums are right.

/// Where an image is in a packed file.
struct PackedImage {
  std::uint64_t at = 0;  ///< of the record's name; the image follows it
  std::uint32_t bytes = 0, name_bytes = 0, label = 0, sum = 0;
};

/// Header, index and names of a packed file.
struct PackedIndex {
  std::uint64_t fingerprint = 0;  ///< of the folder and the options that it was made from
  std::vector<std::string> classes;
  std::vector<PackedImage> images;
};

/// Parses a whole packed file; `where` names it in messages. The records are not looked at, but
/// every number that leads to one is checked.
/// Errors: `Error` when it is no packed file, not finished, cut short or damaged.
PackedIndex parse_packed_images(std::string_view file, const std::string& where);

/// An open packed file. Its functions may be called by several threads at once. The file must not
/// be made shorter meanwhile: a program that reads a map of what is gone ends by SIGBUS.
class PackedImages {
 public:
  /// Maps the file. With `verify`, image() compares the CRC-32 of what it returns.
  /// Errors: as parse_packed_images; also when it cannot be read.
  explicit PackedImages(const std::filesystem::path& path, bool verify = true);
  ~PackedImages();
  PackedImages(const PackedImages&) = delete;
  PackedImages& operator=(const PackedImages&) = delete;

  const std::vector<std::string>& classes() const { return index_.classes; }
  std::int64_t count() const { return static_cast<std::int64_t>(index_.images.size()); }
  std::uint64_t fingerprint() const { return index_.fingerprint; }
  std::int64_t label(std::int64_t i) const { return entry(i).label; }
  std::string name(std::int64_t i) const;  ///< CLASS/FILE, as it was in the folder

  /// Returns the bytes of an image; they live as long as this.
  /// Errors: `Error` when they are damaged.
  std::string_view image(std::int64_t i) const;

 private:
  const PackedImage& entry(std::int64_t i) const {
    return index_.images.at(static_cast<std::size_t>(i));
  }

  std::filesystem::path path_;
  bool verify_;
  std::string_view file_;  // the map
  PackedIndex index_;
};

/// Returns the images of a packed file as a set.
ImageSet image_set(std::shared_ptr<const PackedImages> images);

/// How a packed file is made.
struct PackOptions {
  /// Larger images are made so small that their shorter side is this, and encoded anew; 0: none.
  /// An image that is not larger stays as it is, byte for byte.
  std::int64_t shorter = 0;
  int quality = 90;  ///< of those that are encoded anew, 1 to 100
  OnBad on_bad = OnBad::kRefuse;
  JpegLimits limits;
  std::int64_t workers = 0;  ///< threads; 0: one for each core
  bool show_progress = true;
  std::function<bool()> stop;  ///< asked often; true ends with base::Interrupted, to be resumed
};

/// What was packed.
struct Packed {
  std::int64_t images = 0, resumed = 0;  ///< all of them; those that were there already
  std::uint64_t bytes = 0;               ///< of the file
  std::vector<BadImage> bad;             ///< left out
};

/// Packs the images of a folder, each of which is decoded once to see that it is whole. The file
/// grows in PATH.part and gets its name by one rename. When that was cut off, at any byte, the same
/// call goes on behind the last record that is whole; each of those is read and compared with its
/// sum. A .part of other images or options is begun anew. One process packs a file at a time.
/// Errors: `Error` when files are bad and that is refused, when all are, or when the file cannot be
/// written; `base::Interrupted` when it was stopped.
Packed pack_images(const ImageFolder& folder, const std::filesystem::path& path,
                   const PackOptions& options = {});

/// Returns what pack_images made at `path` of the same names, sizes and options before; nothing
/// when that is not there, is damaged, or lacks images and that is refused. Every image is read and
/// compared with its sum.
/// Errors: `base::Interrupted` when it was stopped.
std::optional<Packed> packed_before(const ImageFolder& folder, const std::filesystem::path& path,
                                    const PackOptions& options = {});

}  // namespace common::data
