#include "common/base/zip.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/json.h"

namespace common::base {
namespace {

constexpr int kMostEntries = 200'000;

struct FreeReader {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

[[noreturn]] void fail(archive* reader, const std::string& where) {
  const char* const why = archive_error_string(reader);
  throw Error(where + " is damaged or cut short: " + (why != nullptr ? why : "no zip archive"));
}

std::string name_of(archive_entry* entry) {
  const char* const name = archive_entry_pathname_utf8(entry);
  const char* const raw = name != nullptr ? name : archive_entry_pathname(entry);
  return raw != nullptr ? raw : "";
}

// Returns what the current entry holds; `left` goes down by its size.
std::string content(archive* reader, std::uint64_t& left, const std::string& where) {
  std::string bytes;
  std::vector<char> block(1 << 16);
  for (;;) {
    const la_ssize_t got = archive_read_data(reader, block.data(), block.size());
    if (got < 0) fail(reader, where);
    if (got == 0) return bytes;
    const auto count = static_cast<std::uint64_t>(got);
    require(count <= left, where + " is refused: unpacked it is larger than it may be");
    left -= count;
    bytes.append(block.data(), count);
  }
}

}  // namespace

std::map<std::string, std::string> read_zip(std::string_view zip, std::uint64_t most_bytes,
                                            const std::string& where) {
  const std::unique_ptr<archive, FreeReader> reader(archive_read_new());
  require(reader != nullptr, "libarchive: out of memory");
  // By the archive's list of contents, which tells sizes that torch.save knows only afterwards.
  archive_read_support_format_zip_seekable(reader.get());
  if (archive_read_open_memory(reader.get(), zip.data(), zip.size()) != ARCHIVE_OK) {
    fail(reader.get(), where);
  }
  std::map<std::string, std::string> files;
  for (int entries = 0;; ++entries) {
    archive_entry* entry = nullptr;
    const int status = archive_read_next_header(reader.get(), &entry);
    if (status == ARCHIVE_EOF) return files;
    if (status < ARCHIVE_WARN) fail(reader.get(), where);
    require(entries < kMostEntries, where + " holds more than 200000 entries");
    if (archive_entry_filetype(entry) != AE_IFREG) continue;
    const std::string name = name_of(entry);
    require(files.count(name) == 0, where + " is refused: it holds " + shown(name) + " twice");
    files[name] = content(reader.get(), most_bytes, where);
  }
}

}  // namespace common::base
