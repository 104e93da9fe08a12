// A small HTTP server for tests: plain sockets on 127.0.0.1, one thread, and every fault on demand.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tests {

/// What was asked for.
struct Request {
  std::string path;
  std::int64_t range_start = -1;  // -1: no Range
};

/// What is answered.
struct Reply {
  int status = 200;
  std::vector<std::string> headers = {};  // without line ends; Content-Length comes by itself
  std::string body = {};
  std::int64_t drop_after = -1;  // close after so many bytes of the body; -1: send all
  bool send_length = true;       // false: the end of the connection is the end of the body
  bool endless = false;          // the body again and again until the client leaves
  double wait_s = 0;             // before the headers
};

/// The file as a good server sends it: from the start of the range, if one is asked for.
Reply serve(const Request& request, const std::string& file);

class HttpServer {
 public:
  explicit HttpServer(std::function<Reply(const Request&)> answer);
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Returns http://127.0.0.1:PORT.
  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// Answers otherwise from now on.
  void answer_with(std::function<Reply(const Request&)> answer);

  /// Returns what was asked for until now.
  std::vector<Request> requests() const;

 private:
  void loop();
  void talk(int client);

  int socket_ = -1, port_ = 0;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;  // of the two below
  std::function<Reply(const Request&)> answer_;
  std::vector<Request> requests_;
  std::thread thread_;
};

}  // namespace tests
