// One request of a download, through libcurl; download() repeats it as needed.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "common/data/download.h"
#include "common/data/part_file.h"

namespace common::data {

/// What became of one request.
enum class Outcome {
  kDone,
  kNotFound,
  kDropped,     // may go better another time
  kStartAgain,  // the server does not have what is missing: the part is of another file
  kRefused,     // will not go better
};

/// One request, for what is missing at the end of the file, and its answer.
class Transfer {
 public:
  Transfer(const Download& request, PartFile& file);

  /// Asks and takes what comes. Throws nothing but base::Interrupted.
  Outcome run();

  /// Returns why it did not succeed.
  const std::string& why() const { return why_; }

  /// Returns whether a server was reached.
  bool connected() const { return connected_; }

 private:
  struct FreeEasy {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };

  void set_options();
  CURLcode perform();
  Outcome judge(CURLcode code);
  Outcome judge_status(long status);
  bool accept();
  bool refuse(const std::string& why);
  long status() const;

  static std::size_t on_header(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* bytes, std::size_t size, std::size_t count, void* self);

  const Download& request_;
  PartFile& file_;
  std::uint64_t start_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::string content_range_;  // of the newest answer
  std::uint64_t total_ = 0;    // bytes of the whole file, 0: not known
  bool accepted_ = false, start_again_ = false, refused_ = false, connected_ = false;
  bool stalled_ = false;
  std::string why_;
};

}  // namespace common::data
