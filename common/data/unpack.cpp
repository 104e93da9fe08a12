#include "common/data/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "common/base/error.h"
#include "common/base/files.h"

namespace common::data {
namespace fs = std::filesystem;
namespace {

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, FreeReader>;

Reader new_reader() {
  Reader reader(archive_read_new());
  base::require(reader != nullptr, "libarchive: out of memory");
  return reader;
}

[[noreturn]] void fail(archive* reader, const fs::path& path) {
  const char* why = archive_error_string(reader);
  throw base::Error(path.string() +
                    " is damaged or no archive: " + (why != nullptr ? why : "no reason given"));
}

void open(archive* reader, const fs::path& path) {
  if (archive_read_open_filename(reader, path.c_str(), 1 << 16) != ARCHIVE_OK) fail(reader, path);
}

// Writes what the reader's current entry holds to a new file; `left` goes down by its size.
void write_entry(archive* reader, const fs::path& path, const fs::path& to, std::uint64_t& left) {
  const int fd = ::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  base::require(fd >= 0, path.string() + ": cannot write " + to.string() + ": " +
                             std::generic_category().message(errno));
  struct Close {
    int fd;
    ~Close() { ::close(fd); }
  } closes{fd};
  std::vector<char> block(1 << 16);
  for (;;) {
    const la_ssize_t got = archive_read_data(reader, block.data(), block.size());
    if (got < 0) fail(reader, path);
    if (got == 0) return;
    const auto count = static_cast<std::size_t>(got);
    base::require(count <= left, path.string() + " holds more than it may; nothing was kept");
    left -= count;
    for (std::size_t done = 0; done < count;) {
      const ssize_t wrote = ::write(fd, block.data() + done, count - done);
      if (wrote < 0 && errno == EINTR) continue;
      base::require(wrote >= 0,
                    "cannot write " + to.string() + ": " + std::generic_category().message(errno));
      done += static_cast<std::size_t>(wrote);
    }
  }
}

// The entry's path within the folder. Errors unless it stays there.
fs::path safe_path(archive_entry* entry, const fs::path& archive_path) {
  const char* raw = archive_entry_pathname(entry);
  if (raw == nullptr) raw = archive_entry_pathname_utf8(entry);
  base::require(raw != nullptr, archive_path.string() + " holds a name that cannot be read");
  const std::string name = raw;
  const auto refuse_if = [&](bool bad, const char* why) {
    base::require(!bad, archive_path.string() + " is refused: it holds " + why);
  };
  refuse_if(name.empty(), "an empty name");
  refuse_if(name.size() > 1000, "a name of more than 1000 bytes");
  refuse_if(name.front() == '/', "an absolute path");
  fs::path path;
  int depth = 0;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string part = name.substr(begin, end - begin);
    begin = end + 1;
    if (part.empty() || part == ".") continue;
    refuse_if(part == "..", "a path with \"..\"");
    refuse_if(part.find('\\') != std::string::npos, "a path with a backslash");
    refuse_if(++depth > 32, "a path of more than 32 folders");
    for (const char c : part) {
      refuse_if(static_cast<unsigned char>(c) < 32 || c == 127, "a name with control characters");
    }
    path /= part;
  }
  return path;
}

}  // namespace

void unpack(const fs::path& archive_path, const fs::path& folder, const UnpackLimits& limits) {
  const Reader reader = new_reader();
  archive_read_support_filter_gzip(reader.get());
  archive_read_support_filter_bzip2(reader.get());
  archive_read_support_filter_xz(reader.get());
  archive_read_support_format_tar(reader.get());
  open(reader.get(), archive_path);
  base::make_folder(folder);
  std::uint64_t left = limits.bytes;
  std::int64_t entries = 0;
  for (;;) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return;
    if (status < ARCHIVE_WARN) fail(reader.get(), archive_path);
    base::require(++entries <= limits.entries, archive_path.string() + " holds more than " +
                                                   std::to_string(limits.entries) + " entries");
    const fs::path path = safe_path(entry, archive_path);
    const bool is_link =
        archive_entry_hardlink(entry) != nullptr || archive_entry_symlink(entry) != nullptr;
    const auto type = archive_entry_filetype(entry);
    base::require(!is_link && (type == AE_IFREG || type == AE_IFDIR),
                  archive_path.string() + " is refused: " + path.string() +
                      " is neither a file nor a folder (a link or a device)");
    if (type == AE_IFDIR) {
      base::make_folder(folder / path);
      continue;
    }
    base::require(!path.empty(), archive_path.string() + " is refused: a file without a name");
    base::make_folder((folder / path).parent_path());
    write_entry(reader.get(), archive_path, folder / path, left);
  }
}

void unpack_xz(const fs::path& from, const fs::path& to, std::uint64_t max_bytes) {
  const Reader reader = new_reader();
  archive_read_support_filter_xz(reader.get());
  archive_read_support_format_raw(reader.get());
  open(reader.get(), from);
  archive_entry* entry = nullptr;
  if (archive_read_next_header(reader.get(), &entry) < ARCHIVE_WARN) fail(reader.get(), from);
  base::require(archive_filter_code(reader.get(), 0) == ARCHIVE_FILTER_XZ,
                from.string() + " is no .xz file");
  base::write_file_with(to, [&](const fs::path& aside) {
    std::uint64_t left = max_bytes;
    write_entry(reader.get(), from, aside, left);
  });
}

}  // namespace common::data
