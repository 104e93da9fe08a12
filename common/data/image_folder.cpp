#include "common/data/image_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/json.h"

namespace common::data {
namespace fs = std::filesystem;
using base::require;
using base::shown;
namespace {

std::string reason_of(int error) { return std::generic_category().message(error); }

bool is_image_name(const std::string& name) {
  std::string ending = fs::path(name).extension().string();
  std::transform(ending.begin(), ending.end(), ending.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return ending == ".jpg" || ending == ".jpeg";
}

// The names in a folder, sorted by their bytes.
std::vector<std::string> names_in(const fs::path& folder, std::int64_t most) {
  std::vector<std::string> names;
  std::error_code error;
  fs::directory_iterator entries(folder, error);
  for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
    names.push_back(entries->path().filename().string());
    require(static_cast<std::int64_t>(names.size()) <= most,
            shown(folder.string()) + " holds more than " + std::to_string(most) + " entries");
  }
  require(!error, "cannot read the folder " + shown(folder.string()) + ": " + error.message());
  std::sort(names.begin(), names.end());
  return names;
}

using FolderId = std::pair<dev_t, ino_t>;

// Walks through the folders of one class after the other.
class Scan {
 public:
  Scan(ImageFolder& folder, const FolderLimits& limits) : folder_(folder), limits_(limits) {}

  void walk_class(const std::string& name, std::int64_t label) {
    label_ = label;
    const std::size_t before = folder_.samples.size();
    first_other_.clear();
    struct stat about = {};
    if (::stat((folder_.root / name).c_str(), &about) == 0) enter(name, about, 0);
    // The walk goes by single names, in which "a" comes before "a b"; in paths "a b" is first.
    std::sort(folder_.samples.begin() + static_cast<std::ptrdiff_t>(before), folder_.samples.end(),
              [](const ImageSample& a, const ImageSample& b) { return a.path < b.path; });
    const bool only_bad = !folder_.bad.empty() && folder_.bad.back().path.rfind(name + "/", 0) == 0;
    require(folder_.samples.size() > before || only_bad,
            "the class " + shown(name) + " in " + shown(folder_.root.string()) +
                " has no image: wanted files that end in .jpg or .jpeg, found " +
                (first_other_.empty() ? "none" : "only such as " + shown(first_other_)));
  }

 private:
  void enter(const std::string& path, const struct stat& about, std::int64_t depth) {
    const FolderId id(about.st_dev, about.st_ino);
    if (std::find(above_.begin(), above_.end(), id) != above_.end()) return;  // a loop of links
    require(depth <= limits_.most_depth, shown(path) + " lies deeper than " +
                                             std::to_string(limits_.most_depth) +
                                             " folders below its class");
    above_.push_back(id);
    for (const auto& name : names_in(folder_.root / path, limits_.most_files)) {
      visit(path + "/" + name, name, depth);
    }
    above_.pop_back();
  }

  void visit(const std::string& path, const std::string& name, std::int64_t depth) {
    require(++visited_ <= limits_.most_files, shown(folder_.root.string()) + " holds more than " +
                                                  std::to_string(limits_.most_files) +
                                                  " files, the limit");
    struct stat about = {};
    const int failed = ::stat((folder_.root / path).c_str(), &about) == 0 ? 0 : errno;
    if (failed == 0 && S_ISDIR(about.st_mode)) {
      enter(path, about, depth + 1);
    } else if (!is_image_name(name)) {
      ++folder_.others;
      if (first_other_.empty()) first_other_ = name;
    } else {
      add(path, failed, about);
    }
  }

  void add(const std::string& path, int failed, const struct stat& about) {
    const auto bytes = static_cast<std::uint64_t>(about.st_size);
    std::string reason;
    if (failed != 0) {
      reason = "cannot be read: " + reason_of(failed);
    } else if (!S_ISREG(about.st_mode)) {
      reason = "is no file";
    } else if (bytes == 0) {
      reason = "is empty";
    } else if (bytes > limits_.most_bytes) {
      reason = "has " + base::human_bytes(bytes) + ", more than the limit of " +
               base::human_bytes(limits_.most_bytes);
    }
    if (reason.empty()) {
      folder_.samples.push_back({path, label_, bytes});
    } else {
      folder_.bad.push_back({path, reason});
    }
  }

  ImageFolder& folder_;
  const FolderLimits& limits_;
  std::vector<FolderId> above_;  // the folders that we are in
  std::int64_t label_ = 0, visited_ = 0;
  std::string first_other_;
};

// The folders in `root`, links to folders among them.
std::vector<std::string> class_names(const fs::path& root, const FolderLimits& limits) {
  std::vector<std::string> names;
  for (auto& name : names_in(root, limits.most_files)) {
    std::error_code error;
    if (name.front() == '.' || !fs::is_directory(root / name, error)) continue;
    names.push_back(std::move(name));
  }
  require(!names.empty(), shown(root.string()) +
                              " has no folders: wanted one for each class, with its images in it");
  require(static_cast<std::int64_t>(names.size()) <= limits.most_classes,
          shown(root.string()) + " has " + std::to_string(names.size()) +
              " folders, the limit of classes is " + std::to_string(limits.most_classes));
  return names;
}

}  // namespace

ImageFolder scan_image_folder(const fs::path& root, const FolderLimits& limits) {
  std::error_code error;
  require(fs::is_directory(root, error), "there is no folder " + shown(root.string()) +
                                             ": wanted one that holds a folder for "
                                             "each class");
  ImageFolder folder;
  folder.root = root;
  folder.classes = class_names(root, limits);
  Scan scan(folder, limits);
  for (std::size_t i = 0; i < folder.classes.size(); ++i) {
    scan.walk_class(folder.classes[i], static_cast<std::int64_t>(i));
  }
  return folder;
}

std::string_view read_image_file(const fs::path& path, std::string& buffer,
                                 std::uint64_t most_bytes) {
  const auto cannot = [&] {
    return "cannot read " + shown(path.string()) + ": " + reason_of(errno);
  };
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  require(fd >= 0, cannot);
  const struct Closer {
    int fd;
    ~Closer() { ::close(fd); }
  } closer{fd};
  constexpr std::size_t kStep = 1 << 16;
  std::size_t size = 0;
  for (;;) {
    if (size == buffer.size()) buffer.resize(std::max(kStep, 2 * size));
    const ssize_t got = ::read(fd, buffer.data() + size, buffer.size() - size);
    if (got < 0 && errno == EINTR) continue;
    require(got >= 0, cannot);
    if (got == 0) return {buffer.data(), size};
    size += static_cast<std::size_t>(got);
    require(size <= most_bytes, [&] {
      return shown(path.string()) + " is larger than " + base::human_bytes(most_bytes) +
             ", the most that is read here";
    });
  }
}

namespace {

// "3 of 10 images are bad: "a/x.jpg" (is empty), "b/y.jpg" (...) and 1 more"
std::string told(const ImageFolder& folder, std::size_t total) {
  constexpr std::size_t kNamed = 3;
  std::string text = std::to_string(folder.bad.size()) + " of " + std::to_string(total) +
                     " images in " + shown(folder.root.string()) + " are bad: ";
  for (std::size_t i = 0; i < std::min(kNamed, folder.bad.size()); ++i) {
    text += (i > 0 ? ", " : "") + shown(folder.bad[i].path) + " (" + folder.bad[i].reason + ")";
  }
  if (folder.bad.size() > kNamed) {
    text += " and " + std::to_string(folder.bad.size() - kNamed) + " more";
  }
  return text + "; mend or remove them, or ask for bad images to be skipped";
}

}  // namespace

void drop_bad(ImageFolder& folder, const std::vector<BadImage>& found, OnBad on_bad) {
  const std::size_t total = folder.samples.size() + folder.bad.size();
  std::unordered_set<std::string_view> names;
  for (const auto& bad : found) names.insert(bad.path);
  std::erase_if(folder.samples, [&](const auto& sample) { return names.count(sample.path) != 0; });
  folder.bad.insert(folder.bad.end(), found.begin(), found.end());
  require(on_bad == OnBad::kSkip || folder.bad.empty(), told(folder, total));
  std::vector<bool> has(folder.classes.size());
  for (const auto& sample : folder.samples) has[static_cast<std::size_t>(sample.label)] = true;
  for (std::size_t i = 0; i < has.size(); ++i) {
    require(has[i], "the class " + shown(folder.classes[i]) +
                        " has no image that can be read: " + told(folder, total));
  }
}

}  // namespace common::data
