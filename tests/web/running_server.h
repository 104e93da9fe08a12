// A server that runs in a thread for as long as a test needs it.
#pragma once

#include <chrono>
#include <string>
#include <thread>

#include "common/base/settings.h"
#include "common/web/server.h"

namespace tests {

/// Short limits, so that a test of slow clients is quick.
inline common::web::Limits short_limits() {
  common::web::Limits limits;
  limits.body_bytes = 65'536;
  limits.connections = 12;
  limits.streams = 3;
  limits.request = std::chrono::milliseconds(300);
  limits.stall = std::chrono::milliseconds(300);
  limits.silence = std::chrono::milliseconds(150);
  return limits;
}

/// Has files, a route that reads settings, one that echoes its query, and a stream of long events.
class RunningServer {
 public:
  explicit RunningServer(const common::web::Limits& limits = short_limits()) : server(limits) {
    add_routes();
    port = server.bind("127.0.0.1", 0);
    thread_ = std::thread([this] { server.run(); });
  }

  ~RunningServer() { stop(); }

  /// Stops the server and returns how long that took, in seconds.
  double stop() {
    const auto begin = std::chrono::steady_clock::now();
    server.stop();
    if (thread_.joinable()) thread_.join();
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }

  common::web::Server server;
  int port = 0;

 private:
  void add_routes() {
    using namespace common::web;
    server.file("/", {"index.html", "<h1>A page</h1>"});
    server.file("/big.txt", {"big.txt", big_});
    server.get("/api/echo", [](const Request& request) {
      Reply reply;
      for (const auto& [name, value] : request.query) reply.json[name] = value;
      return reply;
    });
    server.get("/api/file", [](const Request&) { return Reply{{{"a", 1}}, "a file\".json"}; });
    server.get("/api/fault", [](const Request&) -> Reply { throw std::runtime_error("secret"); });
    server.post("/api/set", [](const Request& request) {
      double rate = 0.1;
      std::int64_t steps = 1;
      common::base::Settings settings;
      settings.add("lr", &rate, "learning rate").range(0, 10);
      settings.add("steps", &steps, "steps").range(1, 1000);
      settings.apply(request.body, "the request");
      return Reply{{{"lr", rate}, {"steps", steps}}};
    });
    server.post_bytes("/api/length", [](const Request& request) {
      return Reply{{{"length", request.bytes.size()}}};
    });
    server.stream("/api/events", [this](const Request& request) -> Server::Stream {
      if (request.query.count("refuse") != 0) throw Refusal(404, "no such session");
      return [this](EventStream& out) {
        while (out.send("tick", "\"" + big_.substr(0, 20'000) + "\"")) {
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
      };
    });
    server.stream("/api/quiet", [](const Request&) -> Server::Stream {
      return [](EventStream& out) {
        while (out.open()) std::this_thread::sleep_for(std::chrono::milliseconds(10));
      };
    });
  }

  const std::string big_ = std::string(300'000, 'x');
  std::thread thread_;
};

}  // namespace tests
