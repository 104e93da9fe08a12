// One connection: a socket, and all that a client may do to it slowly, at length or never.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>

#include "common/web/internal/httplib.h"
#include "common/web/server.h"

namespace common::web::internal {

/// Thrown where nothing can be answered any more: the client has left, or the server stops.
struct Gone {};

/// A connection that carries one request. The request is read here, within the limits, before
/// httplib sees it: httplib then reads from memory and writes through to the socket.
class Connection final : public httplib::Stream {
 public:
  /// Takes `socket` over. `stopping` ends every wait within 50 ms.
  Connection(int socket, const Limits& limits, const std::atomic<bool>& stopping);
  /// Gives the client a moment to read its answer, and closes.
  ~Connection() override;

  /// Reads up to the empty line after the headers.
  /// Errors: `Refusal` 400, 408, 414, 431; `Gone`.
  std::string read_head();
  /// Reads the body. Errors: `Refusal` 400 when it is cut off, 408; `Gone`.
  std::string read_body(std::size_t length);
  /// Lets httplib read `request`.
  void hand_over(std::string request);

  /// Whether there is anybody to write to.
  bool is_writable() const override;
  /// Writes all of it or returns -1, after which nothing is written any more.
  ssize_t write(const char* bytes, std::size_t size) override;
  ssize_t read(char* bytes, std::size_t size) override;
  bool is_readable() const override { return true; }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return socket_; }

 private:
  using Clock = std::chrono::steady_clock;

  bool wait(short events, Clock::time_point until) const;
  std::size_t receive(std::string& into, std::size_t most);
  bool send_all(const char* bytes, std::size_t size);
  void drain() const;

  const int socket_;
  const Limits limits_;
  const std::atomic<bool>& stopping_;
  const Clock::time_point deadline_;
  std::string ahead_;    // read with the head, belongs to the body
  std::string request_;  // what httplib reads
  std::size_t given_ = 0;
  bool began_ = false;     // a byte has come
  bool answered_ = false;  // a byte was written
  bool failed_ = false;    // to write
};

}  // namespace common::web::internal
