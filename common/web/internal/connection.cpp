#include "common/web/internal/connection.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "common/web/internal/head.h"

namespace common::web::internal {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{50};         // between looks at `stopping`
constexpr milliseconds kDrainTime{1000};  // for what a client still sends after its answer
constexpr std::size_t kDrainBytes = 8 << 20;
constexpr std::size_t kSlowestBytesPerS = 16'384;  // of an answer
// Small, so that a slow watcher of a stream sees frames that are seconds old at most.
constexpr int kSendBuffer = 65'536;  // bytes

// poll takes whole milliseconds; rounded up, so that a wait does not spin through its last one.
int poll_time(std::chrono::steady_clock::duration left) {
  return static_cast<int>(std::min(std::chrono::ceil<milliseconds>(left), kLook).count());
}

}  // namespace

Connection::Connection(int socket, const Limits& limits, const std::atomic<bool>& stopping)
    : socket_(socket),
      limits_(limits),
      stopping_(stopping),
      deadline_(Clock::now() + limits.request) {
  const int yes = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  // A client that vanished without a word takes nothing: the connection then ends by itself.
  const unsigned vanished_ms = static_cast<unsigned>(2 * limits.stall.count());
  ::setsockopt(socket_, IPPROTO_TCP, TCP_USER_TIMEOUT, &vanished_ms, sizeof vanished_ms);
  ::setsockopt(socket_, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  ::fcntl(socket_, F_SETFD, FD_CLOEXEC);
}

Connection::~Connection() {
  ::shutdown(socket_, SHUT_WR);
  try {
    if (answered_ && !failed_) drain();
  } catch (const Gone&) {  // then no more of it
  }
  ::close(socket_);
}

// Reads and drops what still comes: closing with bytes unread would send a reset, and the client
// could lose the answer.
void Connection::drain() const {
  const auto until = Clock::now() + std::min(kDrainTime, limits_.request);
  std::array<char, 16'384> buffer;
  for (std::size_t dropped = 0; dropped < kDrainBytes;) {
    const ssize_t got = ::recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    const bool nothing_yet = got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
    if (got > 0) dropped += static_cast<std::size_t>(got);
    if (got <= 0 && !(nothing_yet && wait(POLLIN, until))) return;
  }
}

// Returns whether the socket is ready before `until`. Errors: `Gone` when the server stops.
bool Connection::wait(short events, Clock::time_point until) const {
  for (;;) {
    if (stopping_) throw Gone{};
    const auto left = until - Clock::now();
    if (left <= Clock::duration::zero()) return false;
    pollfd look{socket_, events, 0};
    const int ready = ::poll(&look, 1, poll_time(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw Gone{};
  }
}

// Appends 1 to `most` bytes to `into`; returns 0 when the client will send no more.
std::size_t Connection::receive(std::string& into, std::size_t most) {
  std::array<char, 16'384> buffer;
  for (;;) {
    const ssize_t got = ::recv(socket_, buffer.data(), std::min(most, buffer.size()), MSG_DONTWAIT);
    if (got >= 0) {
      began_ = true;
      into.append(buffer.data(), static_cast<std::size_t>(got));
      return static_cast<std::size_t>(got);
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) throw Gone{};
    if (!wait(POLLIN, deadline_)) {
      if (!began_) throw Gone{};  // opened ahead by a browser and not used
      throw Refusal(408, "the request took too long");
    }
  }
}

std::string Connection::read_head() {
  std::string bytes;
  std::size_t end = std::string::npos;
  for (std::size_t looked_at = 0; end == std::string::npos;
       end = head_end(bytes, std::exchange(looked_at, bytes.size()))) {
    if (bytes.size() >= limits_.head_bytes) {
      const bool in_first_line = bytes.find('\n') == std::string::npos;
      throw Refusal(in_first_line ? 414 : 431, "the request's address and headers are too long");
    }
    if (receive(bytes, limits_.head_bytes - bytes.size()) == 0) {
      if (bytes.empty()) throw Gone{};
      throw Refusal(400, "the request is cut off in its headers");
    }
  }
  ahead_ = bytes.substr(end);
  bytes.resize(end);
  return bytes;
}

std::string Connection::read_body(std::size_t length) {
  std::string body = ahead_.substr(0, length);
  while (body.size() < length) {
    if (receive(body, length - body.size()) == 0) {
      throw Refusal(400, "the body is shorter than its Content-Length");
    }
  }
  return body;
}

void Connection::hand_over(std::string request) { request_ = std::move(request); }

ssize_t Connection::read(char* bytes, std::size_t size) {
  const std::size_t count = request_.copy(bytes, size, given_);
  given_ += count;
  return static_cast<ssize_t>(count);
}

bool Connection::is_writable() const {
  if (failed_ || stopping_) return false;
  pollfd look{socket_, POLLRDHUP, 0};
  return ::poll(&look, 1, 0) <= 0;
}

ssize_t Connection::write(const char* bytes, std::size_t size) {
  if (failed_) return -1;
  answered_ = true;
  try {
    failed_ = !send_all(bytes, size);
  } catch (const Gone&) {
    failed_ = true;
  }
  return failed_ ? -1 : static_cast<ssize_t>(size);
}

bool Connection::send_all(const char* bytes, std::size_t size) {
  const auto until = Clock::now() + limits_.stall + milliseconds(1000 * size / kSlowestBytesPerS);
  while (size > 0) {
    const ssize_t sent = ::send(socket_, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      bytes += sent;
      size -= static_cast<std::size_t>(sent);
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!wait(POLLOUT, until)) return false;
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace common::web::internal
