// What strangers send. Each is answered as the table says, and the server answers the next visitor.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "common/base/json.h"
#include "tests/web/client.h"
#include "tests/web/eventually.h"
#include "tests/web/hostile_requests.h"
#include "tests/web/running_server.h"

namespace {

using tests::Answer;
using tests::Client;
using tests::eventually;
using tests::pause;
using tests::RunningServer;
using Clock = std::chrono::steady_clock;

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
constexpr const char* kStream = "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n";

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

void expect_alive(const RunningServer& running) {
  const auto begin = Clock::now();
  EXPECT_EQ(tests::get(running.port, "/").status, 200);
  EXPECT_LT(seconds_since(begin), 1.5);
}

common::web::Limits limits_with_request_time(int seconds) {
  auto limits = tests::short_limits();
  limits.request = std::chrono::seconds(seconds);
  return limits;
}

// Every refusal is JSON with one short line for a person.
void expect_one_line(const Answer& answer) {
  const auto error = common::base::parse_json(answer.body, "answer").at("error").get<std::string>();
  EXPECT_FALSE(error.empty());
  EXPECT_LT(error.size(), 400u) << error;
  EXPECT_EQ(error.find('\n'), std::string::npos) << error;
}

TEST(Hostile, EveryRequestOfTheTableIsAnsweredAsItSays) {
  RunningServer running(limits_with_request_time(2));
  const auto table = tests::hostile_requests(running.port, tests::short_limits().body_bytes);
  EXPECT_GE(table.size(), 100u);
  for (const auto& row : table) {
    SCOPED_TRACE(row.name);
    Client client(running.port);
    client.send(row.bytes);
    if (row.half_close) client.half_close();
    const auto begin = Clock::now();
    const auto answer = tests::parse_answer(client.receive());
    EXPECT_EQ(answer.status, row.status);
    EXPECT_TRUE(client.closed() && !client.was_reset());
    EXPECT_LT(seconds_since(begin), 1.5) << "refused only when its time was over";
    if (row.bytes.rfind("HEAD", 0) == 0) {
      EXPECT_EQ(answer.body, "");
    } else if (answer.status >= 400) {
      expect_one_line(answer);
    }
    EXPECT_EQ(answer.headers.count("Allow"), answer.status == 405 ? 1u : 0u);
    expect_alive(running);
  }
}

// Sends `begin`, then `again` every 20 ms until the server closes; returns its answer.
Answer trickle(const RunningServer& running, const std::string& begin, const std::string& again) {
  Client client(running.port);
  client.send(begin);
  const auto start = Clock::now();
  std::string text;
  while (!client.closed() && seconds_since(start) < 2) {
    client.send(again);
    text += client.receive("", 0.02);
  }
  EXPECT_LT(seconds_since(start), 1.5);
  return tests::parse_answer(text);
}

TEST(Hostile, SlowRequestsEndWithTheirTime) {
  RunningServer running;
  const std::string post =
      "POST /api/set HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 1000\r\n\r\n";
  EXPECT_EQ(trickle(running, "", "").status, 0);  // only connected: closed without a word
  EXPECT_EQ(trickle(running, "G", "").status, 408);
  EXPECT_EQ(trickle(running, "GET / HTTP/1.1\r\nA: ", "a").status, 408);
  EXPECT_EQ(trickle(running, "GET / HTTP/1.1\r\n", "A: a\r\n").status, 408);
  EXPECT_EQ(trickle(running, post, "").status, 408);
  EXPECT_EQ(trickle(running, post, "1").status, 408);
  expect_alive(running);
}

TEST(Hostile, EndlessHeadsAndBodiesAreCutOff) {
  RunningServer running(limits_with_request_time(2));
  for (const char* piece : {"A", "A: a\r\n", "A: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n"}) {
    Client client(running.port);
    client.send("GET / HTTP/1.1\r\nHost: localhost\r\n");
    std::string much;
    while (much.size() < 100'000) much += piece;
    client.send(much);
    EXPECT_EQ(tests::parse_answer(client.receive()).status, 431);
    EXPECT_FALSE(client.was_reset());
    expect_alive(running);
  }
  Client client(running.port);  // sends although it was told 413
  client.send(
      "POST /api/set HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 999999999\r\n\r\n");
  EXPECT_TRUE(client.send(std::string(7'000'000, ' ')));  // taken, so that the answer is not lost
  EXPECT_EQ(tests::parse_answer(client.receive()).status, 413);
  EXPECT_FALSE(client.was_reset());
}

TEST(Hostile, IdleConnectionsMakeWaitOnlyForAMoment) {
  RunningServer running(limits_with_request_time(2));
  std::vector<std::unique_ptr<Client>> idle(12), above(100);
  for (auto& client : idle) client = std::make_unique<Client>(running.port);
  for (auto& client : above) client = std::make_unique<Client>(running.port);
  const auto refused = tests::parse_answer(above.front()->receive());
  EXPECT_EQ(refused.status, 503);
  expect_one_line(refused);
  EXPECT_EQ(tests::get(running.port, "/").status, 503);
  EXPECT_TRUE(eventually([&] { return tests::get(running.port, "/").status == 200; }));
}

TEST(Hostile, AStreamThatIsNotReadEnds) {
  RunningServer running;
  std::vector<std::unique_ptr<Client>> watchers;
  for (int i = 0; i < 3; ++i) {
    watchers.push_back(std::make_unique<Client>(running.port, 4096));
    watchers.back()->send(kStream);
    watchers.back()->receive("\r\n\r\n");
  }
  EXPECT_EQ(tests::ask(running.port, kStream).status, 503);
  expect_alive(running);
  // After Limits::stall, and what an event of 20 KB may take besides at 16 KB a second.
  EXPECT_TRUE(eventually(
      [&] {
        Client next(running.port);
        next.send(kStream);
        return next.receive("\n\n").find(" 200 ") != std::string::npos;
      },
      4));
}

TEST(Hostile, AFileThatIsNotReadKeepsNoThread) {
  RunningServer running;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 11; ++i) {
    clients.push_back(std::make_unique<Client>(running.port, 4096));
    clients.back()->send("GET /big.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
  }
  expect_alive(running);
  EXPECT_LT(running.stop(), 1.0);
}

TEST(Hostile, ClientsThatVanishLeaveNothing) {
  RunningServer running;
  for (int i = 0; i < 40; ++i) {
    for (const char* bytes : {"", "GET", kGet, kStream, "POST /api/set HTTP/1.1\r\n"}) {
      Client client(running.port);
      client.send(bytes);
      if (i % 2 == 0) client.reset();
    }
    if (i % 10 == 0) pause(20);
  }
  EXPECT_TRUE(eventually([&] { return tests::get(running.port, "/").status == 200; }));
  // Every place is free again: as many as there may be at once are answered.
  std::vector<std::unique_ptr<Client>> all(tests::short_limits().connections);
  const auto served = [&] {
    for (auto& client : all) client = std::make_unique<Client>(running.port);
    int answers = 0;
    for (auto& client : all) {
      client->send(kGet);
      answers += tests::parse_answer(client->receive()).status == 200 ? 1 : 0;
    }
    return answers == tests::short_limits().connections;
  };
  EXPECT_TRUE(eventually(served));
}

}  // namespace
