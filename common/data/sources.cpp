#include "common/data/sources.h"

#include <functional>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/unpack.h"

namespace common::data {
namespace fs = std::filesystem;
namespace {

using base::Error;
using base::require;

constexpr std::uint64_t kMaxManifest = 64'000'000;

// The largest .xz file that can hold this many bytes, with room to spare.
std::uint64_t most_compressed(std::uint64_t bytes) { return bytes + bytes / 8 + 65'536; }

std::string without_slash(std::string mirror) {
  while (mirror.size() > 1 && mirror.back() == '/') mirror.pop_back();
  return mirror;
}

fs::path with_suffix(const fs::path& path, const char* suffix) {
  return fs::path(path.string() + suffix);
}

// Where a download grows: .NAME.part beside the file. No file of a set begins with a dot.
fs::path part_of(const fs::path& to, const char* suffix) {
  return to.parent_path() / ("." + to.filename().string() + suffix);
}

Download request_for(const std::string& url, const std::string& file, const fs::path& part,
                     const FetchOptions& options) {
  Download request;
  request.url = url;
  request.part = part;
  request.patience = options.patience;
  request.say = options.say;
  request.stop = options.stop;
  if (options.progress) {
    request.progress = [file, &options](std::uint64_t done, std::uint64_t total) {
      options.progress({file, done, total});
    };
  }
  return request;
}

// Downloads, then lets `take` verify and place the part. A part that was begun earlier may be of
// another file: then all of it is loaded again, once.
bool download_and_take(const Download& request, const std::function<void()>& take) {
  for (bool again = false;; again = true) {
    const bool resumed = !again && fs::exists(request.part) && fs::file_size(request.part) > 0;
    std::string why;
    try {
      if (!download(request)) {
        fs::remove(request.part);
        return false;
      }
    } catch (const Error&) {
      std::error_code ignored;
      if (fs::file_size(request.part, ignored) == 0) fs::remove(request.part, ignored);
      throw;
    }
    try {
      take();
      return true;
    } catch (const Error& error) {
      why = error.what();
    }
    fs::remove(request.part);
    if (!resumed) throw Error(request.url + ": " + why);
    if (request.say) {
      request.say(request.url + ": what an earlier try left does not fit; loading it afresh");
    }
  }
}

void require_match(const fs::path& path, const Expected& expected) {
  const std::string why = mismatch(path, expected);
  require(why.empty(), "not the expected file: " + why);
}

// Unpacks and verifies an .xz file, leaving nothing when it is wrong.
void take_xz(const fs::path& from, const Expected& expected, const fs::path& to) {
  unpack_xz(from, to, expected.bytes);
  const std::string why = mismatch(to, expected);
  if (!why.empty()) {
    fs::remove(to);
    throw Error("not the expected file: " + why);
  }
}

bool get_xz(const std::string& url, const Expected& expected, const fs::path& to,
            const FetchOptions& options) {
  Download request = request_for(url, expected.path + ".xz", part_of(to, ".xz.part"), options);
  request.max_bytes = most_compressed(expected.bytes);
  return download_and_take(request, [&] {
    take_xz(request.part, expected, to);
    fs::remove(request.part);
  });
}

bool get_from_folder(const fs::path& from, const Expected& expected, const fs::path& to,
                     const FetchOptions& options) {
  std::error_code ignored;
  const auto told = [&](std::uint64_t done) {
    if (options.progress) options.progress({expected.path, done, expected.bytes});
  };
  if (fs::is_regular_file(from, ignored)) {
    require(fs::file_size(from) == expected.bytes,
            from.string() + " has " + std::to_string(fs::file_size(from)) + " bytes, expected " +
                std::to_string(expected.bytes));
    told(0);
    base::write_file_with(to, [&](const fs::path& aside) {
      std::error_code error;
      fs::copy_file(from, aside, error);
      require(!error, "cannot copy " + from.string() + ": " + error.message());
      fs::permissions(aside, fs::perms::owner_write, fs::perm_options::add);
      const std::string why = mismatch(aside, expected);
      require(why.empty(), from.string() + " is not the expected file: " + why);
    });
  } else if (fs::is_regular_file(with_suffix(from, ".xz"), ignored)) {
    told(0);
    take_xz(with_suffix(from, ".xz"), expected, to);
  } else {
    return false;
  }
  told(expected.bytes);
  return true;
}

}  // namespace

bool is_address(const std::string& mirror) {
  if (mirror.starts_with("http://") || mirror.starts_with("https://")) return true;
  require(mirror.find("://") == std::string::npos,
          "mirror " + mirror + ": wanted a folder or an http or https address");
  return false;
}

std::string mismatch(const fs::path& path, const Expected& expected) {
  std::error_code error;
  const std::uint64_t bytes = fs::file_size(path, error);
  if (error) return path.string() + ": " + error.message();
  if (bytes != expected.bytes) {
    return "it has " + std::to_string(bytes) + " bytes, expected " + std::to_string(expected.bytes);
  }
  return difference(file_sums(path, expected.sums), expected.sums);
}

bool get_address(const std::string& url, const Expected& expected, const fs::path& to,
                 const FetchOptions& options) {
  Download request = request_for(url, expected.path, part_of(to, ".part"), options);
  request.max_bytes = expected.bytes;
  request.exact_bytes = expected.bytes;
  return download_and_take(request, [&] {
    require_match(request.part, expected);
    fs::rename(request.part, to);
  });
}

bool get_from_mirror(const std::string& set, const Expected& expected, const fs::path& to,
                     const FetchOptions& options) {
  const std::string mirror = without_slash(options.mirror);
  if (!is_address(mirror)) {
    return get_from_folder(fs::path(mirror) / set / expected.path, expected, to, options);
  }
  const std::string url = mirror + "/" + set + "/" + expected.path;
  return get_address(url, expected, to, options) || get_xz(url + ".xz", expected, to, options);
}

std::string get_manifest(const fs::path& scratch, const FetchOptions& options) {
  const std::string mirror = without_slash(options.mirror);
  if (!is_address(mirror)) {
    const fs::path path = fs::path(mirror) / "MANIFEST.json";
    return fs::exists(path) ? base::read_file(path, kMaxManifest) : "";
  }
  const fs::path part = scratch / ".MANIFEST.json.part";
  fs::remove(part);  // an old one may be of another day
  Download request = request_for(mirror + "/MANIFEST.json", "MANIFEST.json", part, options);
  request.max_bytes = kMaxManifest;
  const bool there = download(request);
  const std::string text = there ? base::read_file(part, kMaxManifest) : "";
  fs::remove(part);
  return text;
}

}  // namespace common::data
