// Fuzzes the scanner of image folders: any tree of folders, files, links and pipes, with any names,
// is a list of images in order, or an Error.
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/data/image_folder.h"

namespace {
namespace fs = std::filesystem;
using namespace common::data;  // NOLINT

// Takes an input apart.
class Bytes {
 public:
  Bytes(const std::uint8_t* bytes, std::size_t size) : left_(bytes, bytes + size) {}
  bool empty() const { return left_.empty(); }
  std::size_t number(std::size_t below) {
    return empty() ? 0 : static_cast<unsigned char>(text(1)[0]) % below;
  }
  std::string text(std::size_t most) {
    std::string taken = left_.substr(0, most);
    left_.erase(0, taken.size());
    return taken;
  }

 private:
  std::string left_;
};

std::string name_from(Bytes& bytes) {
  static constexpr const char* kEndings[] = {"", ".jpg", ".JPEG", ".png"};
  const std::size_t ending = bytes.number(4);
  std::string name = bytes.text(1 + bytes.number(6));
  for (char& c : name) c = c == '/' || c == '\0' ? '_' : c;
  return name + kEndings[ending];
}

// Makes what the input says: up to 40 entries, each in one of the folders made before.
void make_tree(const fs::path& root, Bytes& bytes) {
  std::vector<fs::path> folders = {root};
  for (int i = 0; i < 40 && !bytes.empty(); ++i) {
    const fs::path& parent = folders[bytes.number(folders.size())];
    const std::size_t kind = bytes.number(8);
    const fs::path path = parent / name_from(bytes);
    std::error_code ignored;
    if (kind < 3) {
      if (fs::create_directory(path, ignored)) folders.push_back(path);
    } else if (kind < 6) {
      if (!fs::exists(path, ignored)) std::ofstream(path) << bytes.text(bytes.number(16));
    } else if (kind == 6) {
      fs::create_symlink(folders[bytes.number(folders.size())], path, ignored);
    } else if (::mkfifo(path.c_str(), 0600) != 0) {
      fs::create_symlink(name_from(bytes), path, ignored);
    }
  }
}

void check_that(bool holds) {
  if (!holds) std::abort();
}

void check_whole(const ImageFolder& folder) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < folder.samples.size(); ++i) {
    const ImageSample& sample = folder.samples[i];
    const auto label = static_cast<std::size_t>(sample.label);
    check_that(label < folder.classes.size());
    check_that(sample.path.starts_with(folder.classes[label] + "/"));
    check_that(names.insert(sample.path).second);
    const ImageSample& before = folder.samples[i == 0 ? 0 : i - 1];
    check_that(before.label < sample.label ||
               (before.label == sample.label && before.path <= sample.path));
    check_that(fs::is_regular_file(folder.root / sample.path));
    check_that(sample.bytes > 0 && sample.bytes == fs::file_size(folder.root / sample.path));
  }
  for (const BadImage& bad : folder.bad) {
    check_that(!bad.reason.empty() && names.insert(bad.path).second);
  }
}

}  // namespace

// The first byte says how narrow the limits are.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const fs::path root =
      fs::temp_directory_path() / ("fuzz_image_folder-" + std::to_string(::getpid()));
  fs::create_directory(root);
  Bytes input(bytes, size);
  FolderLimits limits;
  if (input.number(2) == 1) limits = {4, 16, 2, 8};
  make_tree(root, input);
  try {
    ImageFolder folder = scan_image_folder(root, limits);
    check_whole(folder);
    CheckOptions check;
    check.decode = true;
    check.workers = 1;
    check.show_progress = false;
    const auto found = check_images(folder, check);
    check_that(found.size() == folder.samples.size());  // 16 bytes are no JPEG
    drop_bad(folder, found, OnBad::kSkip);
    check_that(false);  // every class is without an image now
  } catch (const common::base::Error& error) {
    check_that(std::string_view(error.what()).size() < 3000);
  }
  fs::remove_all(root);
  return 0;
}
