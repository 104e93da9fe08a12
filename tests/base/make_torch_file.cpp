#include "tests/base/make_torch_file.h"

#include <archive.h>
#include <archive_entry.h>

#include <stdexcept>

namespace tests {
namespace {

// The little endian number in so many bytes.
std::string bytes_of(std::uint64_t value, int bytes) {
  std::string text;
  for (; bytes-- > 0; value >>= 8) text += static_cast<char>(value & 0xff);
  return text;
}

void check(archive* writer, int status) {
  if (status != ARCHIVE_OK) throw std::runtime_error(archive_error_string(writer));
}

}  // namespace

namespace pickled {

std::string text(const std::string& value) { return "X" + bytes_of(value.size(), 4) + value; }

std::string number(std::int64_t value) {
  return "\x8a\x08" + bytes_of(static_cast<std::uint64_t>(value), 8);
}

std::string tuple(const std::vector<std::string>& items) {
  std::string pushed = "(";
  for (const auto& item : items) pushed += item;
  return pushed + "t";
}

std::string name(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

std::string call(const std::string& name, const std::vector<std::string>& arguments) {
  return name + tuple(arguments) + "R";
}

std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string pushed = "}(";
  for (const auto& [key, value] : items) pushed += text(key) + value;
  return pushed + "u";
}

std::string storage(const std::string& key, std::int64_t count, const std::string& type) {
  return tuple({text("storage"), name("torch", type), text(key), text("cpu"), number(count)}) + "Q";
}

std::string tensor(const std::string& storage, std::int64_t offset,
                   const std::vector<std::int64_t>& shape,
                   const std::vector<std::int64_t>& strides) {
  std::vector<std::string> sizes, steps;
  for (const auto n : shape) sizes.push_back(number(n));
  for (const auto n : strides) steps.push_back(number(n));
  return call(name("torch._utils", "_rebuild_tensor_v2"),
              {storage, number(offset), tuple(sizes), tuple(steps), "\x89", "N"});
}

std::string good_tensor() { return tensor(storage("0", 2), 0, {2}, {1}); }

std::string whole(const std::string& value) { return "\x80\x02" + value + "."; }

}  // namespace pickled

std::string old_file(const std::string& value, const std::string& numbers,
                     const std::string& order) {
  using namespace pickled;
  const bool is_used = value.find(text("0")) != std::string::npos;
  return whole("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19") + whole("M\xe9\x03") +
         whole("}" + text(order) + "\x88s") + whole(value) +
         (is_used ? whole("]" + text("0") + "a") + bytes_of(numbers.size() / 4, 8) + numbers
                  : whole("]"));
}

std::string zip_of(const Files& files, const std::string& compression) {
  std::string zip(1 << 22, '\0');
  std::size_t used = 0;
  archive* const writer = archive_write_new();
  check(writer, archive_write_set_format_zip(writer));
  check(writer, archive_write_set_options(writer, ("compression=" + compression).c_str()));
  check(writer, archive_write_open_memory(writer, zip.data(), zip.size(), &used));
  for (const auto& [path, content] : files) {
    archive_entry* const entry = archive_entry_new();
    archive_entry_set_pathname(entry, path.c_str());
    archive_entry_set_filetype(entry, path.ends_with('/') ? AE_IFDIR : AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<std::int64_t>(content.size()));
    check(writer, archive_write_header(writer, entry));
    archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
  }
  check(writer, archive_write_close(writer));
  archive_write_free(writer);
  zip.resize(used);
  return zip;
}

Files new_files(const std::string& value, const std::string& numbers) {
  return {{"net/data.pkl", pickled::whole(value)},
          {"net/byteorder", "little"},
          {"net/data/0", numbers},
          {"net/version", "3\n"}};
}

}  // namespace tests
