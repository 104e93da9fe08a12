#include "common/data/checksum.h"

#include <openssl/evp.h>

#include <cstdint>
#include <fstream>
#include <memory>
#include <vector>

#include "common/base/error.h"

namespace common::data {
namespace {

class Hash {
 public:
  explicit Hash(const EVP_MD* algorithm) : context_(EVP_MD_CTX_new()) {
    base::require(context_ && EVP_DigestInit_ex(context_.get(), algorithm, nullptr) == 1,
                  "OpenSSL offers no such checksum on this machine");
  }

  void add(const char* bytes, std::size_t count) { EVP_DigestUpdate(context_.get(), bytes, count); }

  std::string hex() {
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned int length = 0;
    EVP_DigestFinal_ex(context_.get(), sum, &length);
    std::string text;
    for (unsigned int i = 0; i < length; ++i) {
      text += "0123456789abcdef"[sum[i] >> 4];
      text += "0123456789abcdef"[sum[i] & 15];
    }
    return text;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

}  // namespace

Sums file_sums(const std::filesystem::path& path, const Sums& wanted) {
  Sums found;
  std::vector<std::pair<Hash, std::string*>> hashes;
  if (!wanted.md5.empty()) hashes.emplace_back(Hash(EVP_md5()), &found.md5);
  if (!wanted.sha1.empty()) hashes.emplace_back(Hash(EVP_sha1()), &found.sha1);
  if (!wanted.sha256.empty()) hashes.emplace_back(Hash(EVP_sha256()), &found.sha256);
  std::ifstream in(path, std::ios::binary);
  base::require(in.good(), "cannot read " + path.string());
  std::vector<char> block(1 << 18);
  while (in.read(block.data(), static_cast<std::streamsize>(block.size())) || in.gcount() > 0) {
    for (auto& [hash, sum] : hashes) hash.add(block.data(), static_cast<std::size_t>(in.gcount()));
  }
  base::require(!in.bad(), "cannot read " + path.string());
  for (auto& [hash, sum] : hashes) *sum = hash.hex();
  return found;
}

std::string difference(const Sums& found, const Sums& wanted) {
  const auto compare = [](const char* name, const std::string& is, const std::string& expected) {
    return expected.empty() || is == expected
               ? std::string()
               : std::string(name) + " is " + is + ", expected " + expected;
  };
  std::string text = compare("SHA-256", found.sha256, wanted.sha256);
  if (text.empty()) text = compare("SHA-1", found.sha1, wanted.sha1);
  if (text.empty()) text = compare("MD5", found.md5, wanted.md5);
  return text;
}

}  // namespace common::data
