#include "tests/data/make_archive.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <stdexcept>

#include "tests/temporary_folder.h"

namespace tests {
namespace {

void check(archive* writer, int status) {
  if (status != ARCHIVE_OK) throw std::runtime_error(archive_error_string(writer));
}

// Writes one raw stream through a compression filter.
void make_raw(const std::filesystem::path& path, const std::string& content,
              const std::function<int(archive*)>& add_filter) {
  archive* writer = archive_write_new();
  check(writer, add_filter(writer));
  check(writer, archive_write_set_format_raw(writer));
  check(writer, archive_write_open_filename(writer, path.c_str()));
  archive_entry* entry = archive_entry_new();
  archive_entry_set_pathname(entry, "content");
  archive_entry_set_filetype(entry, AE_IFREG);
  check(writer, archive_write_header(writer, entry));
  archive_write_data(writer, content.data(), content.size());
  archive_entry_free(entry);
  check(writer, archive_write_close(writer));
  archive_write_free(writer);
}

void write_one(archive* writer, const Entry& entry) {
  archive_entry* header = archive_entry_new();
  archive_entry_set_pathname(header, entry.path.c_str());
  archive_entry_set_perm(header, 0644);
  archive_entry_set_size(header, 0);
  switch (entry.kind) {
    case Entry::kFile:
      archive_entry_set_filetype(header, AE_IFREG);
      archive_entry_set_size(
          header, entry.zeros > 0 ? entry.zeros : static_cast<std::int64_t>(entry.content.size()));
      break;
    case Entry::kFolder:
      archive_entry_set_filetype(header, AE_IFDIR);
      break;
    case Entry::kSymlink:
      archive_entry_set_filetype(header, AE_IFLNK);
      archive_entry_set_symlink(header, entry.target.c_str());
      break;
    case Entry::kHardlink:
      archive_entry_set_filetype(header, AE_IFREG);
      archive_entry_set_hardlink(header, entry.target.c_str());
      break;
    case Entry::kDevice:
      archive_entry_set_filetype(header, AE_IFCHR);
      archive_entry_set_rdev(header, 0x0103);
      break;
  }
  check(writer, archive_write_header(writer, header));
  if (entry.zeros > 0) {
    const std::string block(1 << 20, '\0');
    for (std::int64_t left = entry.zeros; left > 0; left -= 1 << 20) {
      archive_write_data(writer, block.data(),
                         static_cast<std::size_t>(std::min<std::int64_t>(left, 1 << 20)));
    }
  } else if (entry.kind == Entry::kFile) {
    archive_write_data(writer, entry.content.data(), entry.content.size());
  }
  archive_entry_free(header);
}

}  // namespace

void make_tar_gz(const std::filesystem::path& path, const std::vector<Entry>& entries) {
  archive* writer = archive_write_new();
  check(writer, archive_write_add_filter_gzip(writer));
  check(writer, archive_write_set_format_pax_restricted(writer));
  check(writer, archive_write_open_filename(writer, path.c_str()));
  for (const Entry& entry : entries) write_one(writer, entry);
  check(writer, archive_write_close(writer));
  archive_write_free(writer);
}

void make_xz(const std::filesystem::path& path, const std::string& content) {
  make_raw(path, content, archive_write_add_filter_xz);
}

std::string gzip(const std::string& content) {
  const TemporaryFolder folder;
  make_raw(folder / "x.gz", content, archive_write_add_filter_gzip);
  std::ifstream in(folder / "x.gz", std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace tests
