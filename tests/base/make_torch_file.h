// Files of torch.save put together by hand, to be evil in one place and right everywhere else.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tests {

/// Pieces of a pickle. Each pushes one value, or as its name says.
namespace pickled {
std::string text(const std::string& value);
std::string number(std::int64_t value);
std::string tuple(const std::vector<std::string>& items);
std::string name(const std::string& module, const std::string& name);
std::string call(const std::string& name, const std::vector<std::string>& arguments);
std::string dict(const std::vector<std::pair<std::string, std::string>>& items);
std::string storage(const std::string& key, std::int64_t count,
                    const std::string& type = "FloatStorage");
std::string tensor(const std::string& storage, std::int64_t offset,
                   const std::vector<std::int64_t>& shape,
                   const std::vector<std::int64_t>& strides);
/// A float tensor of two numbers that fill the storage "0".
std::string good_tensor();
/// The pickle of `value`.
std::string whole(const std::string& value);
}  // namespace pickled

/// A file of before PyTorch 1.6 whose object is pushed by `value`. The storage "0", where that has
/// one, has `numbers`, 4 bytes each. `order` is "little_endian" for a machine that is.
std::string old_file(const std::string& value, const std::string& numbers = "12345678",
                     const std::string& order = "little_endian");

/// Files with their contents, in this order.
using Files = std::vector<std::pair<std::string, std::string>>;

/// A zip archive; `compression` is "store" or "deflate".
std::string zip_of(const Files& files, const std::string& compression = "store");

/// What the archive of PyTorch 1.6 and later holds, for the same.
Files new_files(const std::string& value, const std::string& numbers = "12345678");

}  // namespace tests
