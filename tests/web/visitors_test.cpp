// Many visitors at once, each in a hurry; under ThreadSanitizer this finds what is not locked.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "common/base/settings.h"
#include "common/web/live.h"
#include "common/web/sessions.h"
#include "tests/web/client.h"

namespace {

using namespace common::web;
using tests::Client;

// As a week's model: settings, a scene, steps, frames.
struct Toy {
  std::int64_t steps = 0, scenes = 1;
  double rate_ = 0, value = 0;
  bool on = true;

  bool moving() const { return on; }
  double rate() const { return rate_; }
  void advance() { value += 1.0 / static_cast<double>(++steps); }
  std::string scene() const { return "{\"version\":" + std::to_string(scenes) + "}"; }
  std::uint64_t scene_number() const { return static_cast<std::uint64_t>(scenes); }
  std::string frame() { return "{\"step\":" + std::to_string(steps) + "}"; }
};

class ToyServer {
 public:
  ToyServer() : server_(limits()) {
    server_.post("/api/open", [this](const Request&) {
      return Reply{{{"session", sessions_.open(std::make_shared<Live<Toy>>(Toy()))}}};
    });
    server_.post("/api/change", [this](const Request& request) {
      std::string session, name;
      double value = 0;
      common::base::Settings settings;
      settings.add("session", &session, "session");
      settings.add("name", &name, "name").one_of({"rate", "reset", "running", "steps"});
      settings.add("value", &value, "value").range(0, 1000);
      settings.apply(request.body, "the request");
      sessions_.find(session)->use([&](Toy& toy) {
        if (name == "rate") toy.rate_ = value;
        if (name == "reset") toy = Toy{.scenes = toy.scenes + 1};
        if (name == "running") toy.on = value > 0;
        for (int i = 0; name == "steps" && i < static_cast<int>(value); ++i) toy.advance();
      });
      return Reply{};
    });
    server_.get("/api/steps", [this](const Request& request) {
      const auto live = sessions_.find(request.query.at("session"));
      return Reply{{{"steps", live->look([](const Toy& toy) { return toy.steps; })}}};
    });
    server_.post("/api/close", [this](const Request& request) {
      if (const auto live = sessions_.close(request.body.at("session"))) live->end_watch();
      return Reply{};
    });
    server_.stream("/api/watch", [this](const Request& request) -> Server::Stream {
      return [live = sessions_.find(request.query.at("session"))](EventStream& out) {
        live->watch(out);
      };
    });
    port = server_.bind("127.0.0.1", 0);
    thread_ = std::thread([this] { server_.run(); });
  }

  ~ToyServer() {
    server_.stop();
    thread_.join();
  }

  int port = 0;

 private:
  static Limits limits() {
    Limits limits;
    limits.connections = 24;
    limits.streams = 10;
    return limits;
  }

  Sessions<Live<Toy>> sessions_{64, std::chrono::seconds(1)};
  Server server_;
  std::thread thread_;
};

constexpr int kSessions = 4;  // a visitor opens one after the other
constexpr int kChanges = 6;   // in each

// What one visitor does. Returns how often he was answered as he should be.
int visit(int port, unsigned seed) {
  std::mt19937 random(seed);
  int good = 0;
  for (int session = 0; session < kSessions; ++session) {
    const auto opened = tests::post(port, "/api/open", "{}");
    if (opened.status != 200) continue;  // all places are taken: he tries the next
    const std::string key = opened.body.substr(opened.body.find(':') + 2, 32);
    auto watcher = std::make_unique<Client>(port);
    watcher->send("GET /api/watch?session=" + key + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    for (int i = 0; i < kChanges; ++i) {
      const char* const names[] = {"rate", "reset", "running", "steps"};
      const auto changed =
          tests::post(port, "/api/change",
                      R"({"session": ")" + key + R"(", "name": ")" + names[random() % 4] +
                          R"(", "value": )" + std::to_string(random() % 3 * 50) + "}");
      const auto steps = tests::get(port, "/api/steps?session=" + key);
      if (changed.status == 200 && steps.status == 200) ++good;
      watcher->receive("\n\n", 0.01);
    }
    switch (random() % 4) {
      case 0:
        watcher->reset();
        break;
      case 1:  // watched twice, then left
        Client(port).send("GET /api/watch?session=" + key + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        break;
      case 2:
        tests::post(port, "/api/close", R"({"session": ")" + key + R"("})");
        break;
      default:
        break;
    }
  }
  return good;
}

TEST(Visitors, EightOfThemInAHurryAreAllServed) {
  ToyServer server;
  constexpr int kVisitors = 8;
  std::atomic<int> good{0};
  std::vector<std::thread> visitors;
  for (unsigned seed = 1; seed <= kVisitors; ++seed) {
    visitors.emplace_back([&, seed] { good += visit(server.port, seed); });
  }
  for (auto& visitor : visitors) visitor.join();
  EXPECT_GE(good, kVisitors * kSessions * kChanges / 2);
  EXPECT_EQ(tests::get(server.port, "/course.css").status, 200);
}

}  // namespace
