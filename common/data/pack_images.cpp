// pack_images: a folder of images into one file, resumable at any byte.
#include <algorithm>
#include <new>
#include <set>
#include <span>
#include <system_error>

#include "common/base/error.h"
#include "common/base/fnv.h"
#include "common/base/interrupt.h"
#include "common/base/json.h"
#include "common/base/progress.h"
#include "common/base/workers.h"
#include "common/data/internal/growing_file.h"
#include "common/data/internal/packed_format.h"
#include "common/data/internal/packer.h"
#include "common/data/lock.h"
#include "common/data/packed_images.h"

namespace common::data {
namespace fs = std::filesystem;
using base::require;
using base::shown;
using namespace internal;
namespace {

// What a .part was made of: a hash of names, sizes, labels and the options that change bytes.
std::uint64_t fingerprint_of(const ImageFolder& folder, const PackOptions& options) {
  base::Fnv1a hash;
  hash.add(std::to_string(options.shorter) + " " + std::to_string(options.quality));
  for (const auto& name : folder.classes) hash.add(name);
  for (const auto& sample : folder.samples) {
    hash.add(sample.path);
    hash.add(std::to_string(sample.label) + " " + std::to_string(sample.bytes));
  }
  return hash.value();
}

// The record of a sample, ready to be written, or why there is none.
struct Made {
  std::string record, reason;
};

std::string record_of(std::int64_t sample, const ImageSample& of, std::string_view bytes) {
  std::string record;
  record.reserve(kRecordBytes + of.path.size() + bytes.size());
  put(record, static_cast<std::uint64_t>(sample));
  put(record, static_cast<std::uint32_t>(bytes.size()));
  put(record, static_cast<std::uint32_t>(of.path.size()));
  put(record, static_cast<std::uint32_t>(of.label));
  const std::string content = of.path + std::string(bytes);
  put(record, crc_of(content));
  return record + content;
}

class Packing {
 public:
  Packing(const ImageFolder& folder, const fs::path& part, const PackOptions& options)
      : folder_(folder),
        options_(options),
        fingerprint_(fingerprint_of(folder, options)),
        entries_(folder.samples.size()),
        file_(part) {
    for (const auto& sample : folder.samples) {
      require(sample.path.size() <= kMostNameBytes, shown(sample.path) + " is too long a name");
    }
    take_up();
  }

  Packed finish() {
    make_missing();
    packed_.bad = folder_.bad;
    if (!found_.empty()) {
      ImageFolder left = folder_;
      drop_bad(left, found_, options_.on_bad);
      packed_.bad = left.bad;
    }
    packed_.images = static_cast<std::int64_t>(entries_.size() - found_.size());
    require(packed_.images > 0, shown(folder_.root.string()) + " has no image that can be packed");
    const std::uint64_t index_at = file_.bytes();
    const std::string index = index_bytes();
    file_.append(index);
    file_.flush();  // the index before the header that leads to it
    file_.write_at(
        0, header_bytes(kWholeMagic, fingerprint_, static_cast<std::uint64_t>(packed_.images),
                        index_at, crc_of(index)));
    file_.flush();
    packed_.bytes = file_.bytes();
    return packed_;
  }

 private:
  // Notes the records that are whole and cuts off what follows them.
  void take_up() {
    std::string buffer;
    std::uint64_t whole = 0;
    const std::string_view header = file_.read_at(0, kHeaderBytes, buffer);
    if (header.size() == kHeaderBytes && fingerprint_in(header) == fingerprint_) {
      whole = kHeaderBytes;
      while (const std::uint64_t length = take_record(whole, buffer)) {
        whole += length;
        ++packed_.resumed;
      }
    }
    file_.cut(std::max(whole, kHeaderBytes));
    file_.write_at(0, header_bytes(kPartMagic, fingerprint_, 0, 0, 0));
  }

  static std::uint64_t fingerprint_in(std::string_view header) {
    header.remove_prefix(kPartMagic.size());
    return take<std::uint64_t>(header);
  }

  // Returns the length of the record at byte `at`, or 0 when there is none or it is not whole.
  std::uint64_t take_record(std::uint64_t at, std::string& buffer) {
    std::string_view record = file_.read_at(at, kRecordBytes, buffer);
    if (record.size() < kRecordBytes) return 0;
    const std::string numbers(record.substr(8));
    const auto sample = take<std::uint64_t>(record);
    const auto bytes = take<std::uint32_t>(record), name_bytes = take<std::uint32_t>(record);
    const auto label = take<std::uint32_t>(record), sum = take<std::uint32_t>(record);
    if (sample >= entries_.size() || !entries_[sample].empty()) return 0;
    const ImageSample& of = folder_.samples[sample];
    if (name_bytes != of.path.size() || bytes > FolderLimits{}.most_bytes) return 0;
    const std::uint64_t length = std::uint64_t{bytes} + name_bytes;
    const std::string_view content = file_.read_at(at + kRecordBytes, length, buffer);
    if (content.size() < length || crc_of(content) != sum) return 0;
    if (content.substr(0, name_bytes) != of.path || of.label != std::int64_t{label}) return 0;
    note(sample, at, numbers);
    return kRecordBytes + length;
  }

  // The entry of the index: where the record is, and its numbers.
  void note(std::uint64_t sample, std::uint64_t at, std::string_view numbers) {
    put(entries_[sample], at);
    entries_[sample] += numbers;
  }

  void make_missing();
  std::vector<Made> make_some(std::vector<Packer>& packers,
                              std::span<const std::int64_t> samples) const;
  Made make(Packer& packer, std::int64_t sample) const;
  void write(std::int64_t sample, const Made& made);
  std::string index_bytes() const;

  const ImageFolder& folder_;
  const PackOptions& options_;
  const std::uint64_t fingerprint_;
  std::vector<std::string> entries_;  // of the index, by sample; "" where there is no record
  std::vector<BadImage> found_;
  Packed packed_;
  GrowingFile file_;
};

Made Packing::make(Packer& packer, std::int64_t sample) const {
  const ImageSample& of = folder_.samples[static_cast<std::size_t>(sample)];
  try {
    return {record_of(sample, of, packer.pack(folder_.root / of.path)), ""};
  } catch (const base::Error& error) {
    return {"", error.what()};
  } catch (const std::bad_alloc&) {
    return {"", "there is no memory for its pixels"};
  }
}

void Packing::write(std::int64_t sample, const Made& made) {
  const auto i = static_cast<std::size_t>(sample);
  if (!made.reason.empty()) {
    found_.push_back({folder_.samples[i].path, made.reason});
    return;
  }
  note(i, file_.bytes(), std::string_view(made.record).substr(8, kRecordBytes - 8));
  file_.append(made.record);
}

void Packing::make_missing() {
  std::vector<std::int64_t> todo;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].empty()) todo.push_back(static_cast<std::int64_t>(i));
  }
  const std::int64_t workers = base::threads_or_cores(options_.workers);
  std::vector<Packer> packers;
  for (std::int64_t i = 0; i < workers; ++i) {
    packers.emplace_back(options_.shorter, options_.quality, options_.limits);
  }
  base::Progress progress("packing images", static_cast<std::int64_t>(entries_.size()), "images",
                          packed_.resumed);
  const std::size_t at_once = static_cast<std::size_t>(16 * workers);
  for (std::size_t begin = 0; begin < todo.size(); begin += at_once) {
    if (options_.stop && options_.stop()) throw base::Interrupted();
    const std::size_t count = std::min(at_once, todo.size() - begin);
    const std::vector<Made> made = make_some(packers, {todo.data() + begin, count});
    for (std::size_t i = 0; i < count; ++i) write(todo[begin + i], made[i]);
    if (options_.show_progress) {
      progress.update(packed_.resumed + static_cast<std::int64_t>(begin + count));
    }
  }
}

// A thread for each packer; the records come in the order of the samples.
std::vector<Made> Packing::make_some(std::vector<Packer>& packers,
                                     std::span<const std::int64_t> samples) const {
  std::vector<Made> made(samples.size());
  const auto count = static_cast<std::int64_t>(samples.size()),
             threads = static_cast<std::int64_t>(packers.size());
  base::share_out(count, threads, [&](std::int64_t thread, std::int64_t sample) {
    const auto i = static_cast<std::size_t>(sample);
    made[i] = make(packers[static_cast<std::size_t>(thread)], samples[i]);
  });
  return made;
}

std::string Packing::index_bytes() const {
  std::string index;
  for (const auto& entry : entries_) index += entry;
  put(index, static_cast<std::uint32_t>(folder_.classes.size()));
  for (const auto& name : folder_.classes) {
    put(index, static_cast<std::uint32_t>(name.size()));
    index += name;
  }
  return index;
}

}  // namespace

std::optional<Packed> packed_before(const ImageFolder& folder, const fs::path& path,
                                    const PackOptions& options) {
  std::error_code nothing_there;
  if (!fs::exists(path, nothing_there)) return std::nullopt;
  Packed packed;
  packed.bad = folder.bad;
  std::set<std::string> names;
  try {
    const PackedImages images(path);
    if (images.fingerprint() != fingerprint_of(folder, options)) return std::nullopt;
    base::Progress progress("checking packed images", images.count(), "images", 0,
                            options.show_progress ? stderr : nullptr);
    for (std::int64_t i = 0; i < images.count(); ++i) {
      if (options.stop && options.stop()) throw base::Interrupted();
      names.insert(images.name(i));
      images.image(i);  // throws when it is damaged
      progress.update(i + 1);
    }
    packed.images = packed.resumed = images.count();
  } catch (const base::Error&) {
    return std::nullopt;  // damaged
  }
  for (const ImageSample& sample : folder.samples) {
    if (!names.contains(sample.path)) packed.bad.push_back({sample.path, "it was left out before"});
  }
  if (!packed.bad.empty() && options.on_bad == OnBad::kRefuse) return std::nullopt;
  packed.bytes = fs::file_size(path);
  return packed;
}

Packed pack_images(const ImageFolder& folder, const fs::path& path, const PackOptions& options) {
  require(options.quality >= 1 && options.quality <= 100,
          "packing: wanted a quality from 1 to 100, found " + std::to_string(options.quality));
  require(
      options.shorter >= 0 && options.shorter <= 16384,
      "packing: wanted a shorter side from 0 to 16384, found " + std::to_string(options.shorter));
  if (!folder.bad.empty() && options.on_bad == OnBad::kRefuse) {
    ImageFolder refused = folder;
    drop_bad(refused, {}, OnBad::kRefuse);  // throws
  }
  const fs::path part = path.string() + ".part";
  const Lock lock(path.string() + ".lock", options.stop, [] {});
  const Packed packed = Packing(folder, part, options).finish();
  std::error_code error;
  fs::rename(part, path, error);
  require(!error, "cannot write " + shown(path.string()) + ": " + error.message());
  return packed;
}

}  // namespace common::data
