// A folder of images with a folder for each class, laid out as ImageNet is: ROOT/CLASS/FILE.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/jpeg.h"

namespace common::data {

/// One image file.
struct ImageSample {
  std::string path;  ///< below the folder: CLASS/FILE
  std::int64_t label = 0;
  std::uint64_t bytes = 0;
};

/// A file that gives no image, and why.
struct BadImage {
  std::string path;
  std::string reason;
};

/// What a folder holds.
struct ImageFolder {
  std::filesystem::path root;
  std::vector<std::string> classes;  ///< names of the class folders, sorted by their bytes
  std::vector<ImageSample> samples;  ///< by class, then sorted by the bytes of their paths
  std::vector<BadImage> bad;         ///< named as images, but found to be none; see drop_bad
  std::int64_t others = 0;           ///< files with other endings, which are left alone
};

/// How much a folder may hold before that is taken for a mistake.
struct FolderLimits {
  std::int64_t most_classes = 100'000;
  std::int64_t most_files = 50'000'000;
  std::int64_t most_depth = 32;                       ///< folders below a class
  std::uint64_t most_bytes = std::uint64_t{1} << 28;  ///< of one file
};

/// Lists the images ROOT/CLASS/**/FILE whose name ends in .jpg or .jpeg, in capitals or not. The
/// order follows from the names alone. Links to files and folders are followed; a folder that leads
/// back into itself is not entered again. Class folders whose name begins with a dot are left out.
/// Links to nothing, files that are empty, too large or no files are put into `bad`; no file is
/// opened.
/// Errors: `Error` when there is no such folder, no class in it, a class without an image, or more
/// than the limits.
ImageFolder scan_image_folder(const std::filesystem::path& root, const FolderLimits& limits = {});

/// Reads a whole file into `buffer`, whose memory it uses again, and returns its bytes.
/// Errors: `Error` when it cannot be read or is larger than `most_bytes`.
std::string_view read_image_file(const std::filesystem::path& path, std::string& buffer,
                                 std::uint64_t most_bytes = FolderLimits{}.most_bytes);

/// How images are checked.
struct CheckOptions {
  bool decode = false;  ///< every pixel, not only the header: finds files that are cut short
  JpegLimits limits;
  std::int64_t workers = 0;  ///< threads; 0: one for each core
  bool show_progress = true;
  std::function<bool()> stop;  ///< asked before each file; true ends with base::Interrupted
};

/// Looks into every sample. Returns those that give no image, in the order of the samples.
std::vector<BadImage> check_images(const ImageFolder& folder, const CheckOptions& options = {});

/// What is done about bad images.
enum class OnBad { kSkip, kRefuse };

/// Takes the samples named in `found` out of the folder and adds them to its `bad`.
/// Errors: with kRefuse, `Error` that tells how many are bad, then or before, and names the first
/// few, unless there is none; also when a class is left without an image.
void drop_bad(ImageFolder& folder, const std::vector<BadImage>& found, OnBad on_bad);

}  // namespace common::data
