#include "common/data/transfer.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <system_error>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/interrupt.h"

namespace common::data {
namespace {

using Clock = std::chrono::steady_clock;

constexpr long kMaxRedirects = 5;
constexpr int kPollMs = 100;

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

}  // namespace

Transfer::Transfer(const Download& request, PartFile& file)
    : request_(request), file_(file), start_(file.bytes()), easy_(curl_easy_init()) {
  base::require(easy_ != nullptr, "libcurl: out of memory");
  set_options();
}

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
    // A server that does not resume sends all of it again.
    const std::string failure = start_ > 0 ? file_.clear() : "";
    if (!failure.empty()) return refuse(failure);
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
    const double waited = std::chrono::duration<double>(Clock::now() - window).count();
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

}  // namespace common::data
