// One file over http or https: resumed, limited, retried.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

namespace common::data {

/// How patient a download is.
struct Patience {
  double connect_s = 15;  // until the connection stands
  double stall_s = 30;    // fewer than `min_bytes_per_s` over this long counts as dropped
  double min_bytes_per_s = 100;
  int retries = 5;       // in a row, without 64 kB of progress
  double backoff_s = 1;  // before the first retry; doubled each time, at most 30 s
};

/// What is downloaded and how.
struct Download {
  std::string url;
  std::filesystem::path part;     // bytes are appended here; stays when the download breaks off
  std::uint64_t max_bytes = 0;    // of the whole file; stopped as soon as it has more
  std::uint64_t exact_bytes = 0;  // 0: not known. A file that ends earlier counts as dropped
  Patience patience;
  std::function<void(std::uint64_t done, std::uint64_t total)> progress;  // total 0: not known
  std::function<void(const std::string&)> say;                            // one line, on a retry
  std::function<bool()> stop;  // asked ten times a second; true ends with base::Interrupted
};

/// Downloads into `part`, going on from the bytes that are there already.
/// Returns: false when the server says that there is no such file (403, 404, 410).
/// Errors: `Error` naming the address when the server refuses or cannot be reached, when the file
/// is too large, when it redirects more than 5 times, to anything but http and https, or from https
/// to http, and when the disk is full.
bool download(const Download& request);

}  // namespace common::data
