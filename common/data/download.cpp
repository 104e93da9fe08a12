#include "common/data/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>
#include <thread>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/interrupt.h"

namespace common::data {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long kMaxRedirects = 5;
constexpr std::uint64_t kProgressBytes = 64'000;  // fewer than these count as no progress
constexpr int kPollMs = 100;

double seconds_since(Clock::time_point then) {
  return std::chrono::duration<double>(Clock::now() - then).count();
}

// What became of one request.
enum class Outcome { kDone, kNotFound, kDropped, kStartAgain, kRefused };

// The file that grows.
class PartFile {
 public:
  explicit PartFile(const std::filesystem::path& path)
      : path_(path), fd_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    base::require(fd_ >= 0, "cannot write " + path.string() + ": " + reason());
    const off_t end = ::lseek(fd_, 0, SEEK_END);
    bytes_ = end > 0 ? static_cast<std::uint64_t>(end) : 0;
  }
  ~PartFile() { ::close(fd_); }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::uint64_t bytes() const { return bytes_; }

  void clear() {
    base::require(::ftruncate(fd_, 0) == 0 && ::lseek(fd_, 0, SEEK_SET) == 0,
                  "cannot write " + path_.string() + ": " + reason());
    bytes_ = 0;
  }

  // Returns "" or why it failed (this runs within libcurl, through which nothing is thrown).
  std::string append(const char* bytes, std::size_t count) {
    while (count > 0) {
      const ssize_t wrote = ::write(fd_, bytes, count);
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return "cannot write " + path_.string() + ": " + reason();
      bytes += wrote;
      count -= static_cast<std::size_t>(wrote);
      bytes_ += static_cast<std::uint64_t>(wrote);
    }
    return "";
  }

  void flush() { ::fsync(fd_); }

 private:
  static std::string reason() { return std::generic_category().message(errno); }

  std::filesystem::path path_;
  int fd_;
  std::uint64_t bytes_ = 0;
};

// One request, from where the file ends, and its answer.
class Transfer {
 public:
  Transfer(const Download& request, PartFile& file)
      : request_(request), file_(file), start_(file.bytes()), easy_(curl_easy_init()) {
    base::require(easy_ != nullptr, "libcurl: out of memory");
    set_options();
  }

  Outcome run();
  // Why it was dropped or refused.
  const std::string& why() const { return why_; }
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

void Transfer::set_options() {
  CURL* const easy = easy_.get();
  const bool https = request_.url.starts_with("https://");
  curl_easy_setopt(easy, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "libtorch-course");
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, https ? "https" : "http,https");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(1000 * request_.patience.connect_s));
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  if (start_ > 0) {
    curl_easy_setopt(easy, CURLOPT_RANGE, (std::to_string(start_) + "-").c_str());
  }
}

long Transfer::status() const {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

bool Transfer::refuse(const std::string& why) {
  refused_ = true;
  why_ = why;
  return false;
}

std::size_t Transfer::on_header(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line(bytes, size * count);
  constexpr std::string_view kName = "content-range:";
  if (line.starts_with("HTTP/")) transfer.content_range_.clear();  // a new answer begins
  if (line.size() > kName.size() && line.size() < 200 &&
      ::strncasecmp(line.data(), kName.data(), kName.size()) == 0) {
    transfer.content_range_ = line.substr(kName.size());
  }
  transfer.connected_ = true;
  return line.size();
}

std::size_t Transfer::on_body(char* bytes, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t length = size * count;
  if (!transfer.accepted_ && !transfer.accept()) return 0;
  if (transfer.file_.bytes() + length > transfer.request_.max_bytes) {
    transfer.refuse("it is larger than the expected " +
                    base::human_bytes(transfer.request_.max_bytes));
    return 0;
  }
  const std::string failure = transfer.file_.append(bytes, length);
  if (!failure.empty()) {
    transfer.refuse(failure);
    return 0;
  }
  return length;
}

// Reads "bytes 100-199/200" into first byte and total; total 0 where the server does not say.
bool parse_content_range(std::string_view text, std::uint64_t& first, std::uint64_t& total) {
  const std::size_t at = text.find_first_of("0123456789");
  if (at == std::string_view::npos) return false;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data() + at, end, first).ec != std::errc()) return false;
  const std::size_t slash = text.find('/');
  total = 0;
  if (slash != std::string_view::npos) std::from_chars(text.data() + slash + 1, end, total);
  return true;
}

// Looks at the answer before its first byte is kept.
bool Transfer::accept() {
  accepted_ = true;
  const long code = status();
  if (code != 200 && code != 206) {
    return refuse("the server answered HTTP " + std::to_string(code));
  }
  if (code == 206) {
    std::uint64_t first = 0;
    if (start_ == 0 || !parse_content_range(content_range_, first, total_) || first != start_) {
      start_again_ = true;
      why_ = "the server sent another part than was asked for";
      return false;
    }
  } else {
    if (start_ > 0) file_.clear();  // the server does not resume: all of it comes again
    curl_off_t length = -1;
    curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    total_ = length > 0 ? static_cast<std::uint64_t>(length) : 0;
  }
  if (request_.exact_bytes != 0 && total_ != 0 && total_ != request_.exact_bytes) {
    return refuse("the server has " + std::to_string(total_) + " bytes, expected " +
                  std::to_string(request_.exact_bytes));
  }
  if (total_ > request_.max_bytes) {
    return refuse("it has " + std::to_string(total_) + " bytes, more than the expected " +
                  base::human_bytes(request_.max_bytes));
  }
  return true;
}

CURLcode Transfer::perform() {
  struct Free {
    CURL* easy;
    void operator()(CURLM* multi) const {
      curl_multi_remove_handle(multi, easy);
      curl_multi_cleanup(multi);
    }
  };
  const std::unique_ptr<CURLM, Free> multi(curl_multi_init(), Free{easy_.get()});
  base::require(multi != nullptr, "libcurl: out of memory");
  curl_multi_add_handle(multi.get(), easy_.get());
  Clock::time_point window = Clock::now();
  std::uint64_t at_window = file_.bytes();
  for (int running = 1; running != 0;) {
    if (curl_multi_perform(multi.get(), &running) != CURLM_OK) return CURLE_FAILED_INIT;
    if (request_.stop && request_.stop()) throw base::Interrupted();
    if (request_.progress) request_.progress(file_.bytes(), total_);
    if (running == 0) break;
    const double waited = seconds_since(window);
    if (waited >= request_.patience.stall_s) {
      const auto gained = static_cast<double>(file_.bytes() - std::min(at_window, file_.bytes()));
      stalled_ = gained < waited * request_.patience.min_bytes_per_s;
      if (stalled_) return CURLE_OPERATION_TIMEDOUT;
      window = Clock::now();
      at_window = file_.bytes();
    }
    curl_multi_poll(multi.get(), nullptr, 0, kPollMs, nullptr);
  }
  int left = 0;
  const CURLMsg* const message = curl_multi_info_read(multi.get(), &left);
  return message != nullptr && message->msg == CURLMSG_DONE ? message->data.result
                                                            : CURLE_FAILED_INIT;
}

Outcome Transfer::run() { return judge(perform()); }

Outcome Transfer::judge(CURLcode code) {
  if (start_again_) return Outcome::kStartAgain;
  if (refused_) return Outcome::kRefused;
  if (code == CURLE_HTTP_RETURNED_ERROR) return judge_status(status());
  if (code == CURLE_OK) {
    if (!accepted_ && !accept()) return start_again_ ? Outcome::kStartAgain : Outcome::kRefused;
    if (file_.bytes() >= request_.exact_bytes) return Outcome::kDone;
    why_ = "the server closed after " + std::to_string(file_.bytes()) + " of " +
           std::to_string(request_.exact_bytes) + " bytes";
    return Outcome::kDropped;
  }
  why_ = stalled_ ? "nothing more came for " +
                        std::to_string(static_cast<int>(request_.patience.stall_s + 0.5)) + " s"
                  : curl_easy_strerror(code);
  switch (code) {
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      connected_ = true;
      return Outcome::kDropped;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
      return Outcome::kDropped;
    case CURLE_TOO_MANY_REDIRECTS:
      why_ = "it redirects more than " + std::to_string(kMaxRedirects) + " times";
      return Outcome::kRefused;
    case CURLE_UNSUPPORTED_PROTOCOL:
      why_ = "it redirects to an address that is not " +
             std::string(request_.url.starts_with("https://") ? "https" : "http or https");
      return Outcome::kRefused;
    default:
      return Outcome::kRefused;
  }
}

Outcome Transfer::judge_status(long code) {
  why_ = "the server answered HTTP " + std::to_string(code);
  if (code == 403 || code == 404 || code == 410) return Outcome::kNotFound;
  if (code == 416 && start_ > 0) {  // no bytes behind those that are here
    std::uint64_t total = 0, ignored = 0;
    const bool known = parse_content_range(content_range_, total, ignored);  // "bytes */200"
    return known && total == start_ ? Outcome::kDone : Outcome::kStartAgain;
  }
  const bool passing = code == 408 || code == 429 || code >= 500;
  return passing ? Outcome::kDropped : Outcome::kRefused;
}

void wait(double seconds, const Download& request) {
  const Clock::time_point began = Clock::now();
  while (seconds_since(began) < seconds) {
    if (request.stop && request.stop()) throw base::Interrupted();
    std::this_thread::sleep_for(
        std::chrono::duration<double>(std::min(0.1, std::max(0.001, seconds))));
  }
}

}  // namespace

bool download(const Download& request) {
  PartFile file(request.part);
  if (file.bytes() > request.max_bytes) file.clear();
  if (request.exact_bytes != 0 && file.bytes() == request.exact_bytes) return true;
  std::uint64_t best = file.bytes();
  double pause = request.patience.backoff_s;
  bool connected = false, started_again = false;
  for (int failures = 0;;) {
    Transfer transfer(request, file);
    const Outcome outcome = transfer.run();
    connected = connected || transfer.connected();
    const std::string told = request.url + ": " + transfer.why();
    if (outcome == Outcome::kNotFound) return false;
    if (outcome == Outcome::kDone) {
      file.flush();
      return true;
    }
    if (outcome == Outcome::kRefused || (outcome == Outcome::kStartAgain && started_again)) {
      throw base::Error(told);
    }
    if (outcome == Outcome::kStartAgain) {
      started_again = true;
      file.clear();
      continue;
    }
    if (file.bytes() >= best + kProgressBytes) {
      failures = 0;
      pause = request.patience.backoff_s;
    }
    best = std::max(best, file.bytes());
    // A server that never answered is not there; one that did may be back in a moment.
    if (!connected || ++failures > request.patience.retries) throw base::Error(told);
    if (request.say) request.say(told + "; trying again");
    wait(pause, request);
    pause = std::min(2 * pause, 30.0);
  }
}

}  // namespace common::data
