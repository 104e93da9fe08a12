// httplib's server with our own handling of connections, and routes by exact path.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/web/internal/head.h"
#include "common/web/internal/httplib.h"
#include "common/web/server.h"

namespace common::web::internal {

class Connection;

/// httplib listens, accepts and writes answers; what comes in is read by Connection and checked by
/// head.h before httplib parses it.
class HttpServer final : private httplib::Server {
 public:
  /// Fills in the answer. Anything it throws is answered too.
  using Handler = std::function<void(const httplib::Request&, httplib::Response&)>;

  explicit HttpServer(const Limits& limits);
  ~HttpServer() override;

  void get(const std::string& path, Handler handler) { gets_[path] = std::move(handler); }
  /// Args: `type` of the bodies that it takes, as "application/json".
  void post(const std::string& path, const std::string& type, Handler handler);
  /// A GET whose answer may last: HEAD of it is not allowed.
  void get_only(const std::string& path, Handler handler);

  int bind(const std::string& host, int port);
  void run();
  void stop() { stopping_ = true; }
  void serve(int socket);

 private:
  struct Refused {
    int socket;
    std::chrono::steady_clock::time_point until;
  };

  bool process_and_close_socket(socket_t socket) override;
  void answer_request(Connection& client, bool& with_body, std::string& allow);
  std::string allowed(const std::string& path) const;
  void refuse_busy(int socket);
  void close_refused(std::size_t most);
  void look();

  const Limits limits_;
  std::map<std::string, Handler> gets_, posts_;
  std::map<std::string, std::string> types_;  // of the bodies of posts_
  std::set<std::string> get_only_;
  std::vector<std::string> names_ = {"localhost", "127.0.0.1", "[::1]"};  // empty: any
  std::atomic<bool> stopping_{false};
  std::thread::id accepting_;
  std::deque<Refused> refused_;  // answered 503, not closed yet; of the accepting thread
};

}  // namespace common::web::internal
