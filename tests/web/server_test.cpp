// The server as a browser uses it.
#include "common/web/server.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "common/web/assets.h"
#include "tests/web/assets.h"
#include "tests/web/client.h"
#include "tests/web/eventually.h"
#include "tests/web/running_server.h"

namespace {

using common::base::parse_json;
using common::web::Server;
using tests::Client;
using tests::get;
using tests::post;
using tests::RunningServer;

std::string error_of(Server& server, const std::string& host, int port) {
  try {
    server.bind(host, port);
  } catch (const common::base::Error& error) {
    return error.what();
  }
  return "";
}

TEST(Server, SendsFilesWithTheirTypeAndHeaders) {
  RunningServer running;
  const auto page = get(running.port, "/?anything=1");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "<h1>A page</h1>");
  EXPECT_EQ(page.headers.at("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(page.headers.at("Cache-Control"), "no-cache");
  EXPECT_EQ(page.headers.at("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(page.headers.at("Referrer-Policy"), "no-referrer");
  EXPECT_EQ(page.headers.at("Connection"), "close");
  EXPECT_NE(page.headers.at("Content-Security-Policy").find("default-src 'self'"),
            std::string::npos);
  EXPECT_EQ(get(running.port, "/big.txt").body, std::string(300'000, 'x'));
}

TEST(Server, ServesTheSharedStyleSheetAndScriptByteForByte) {
  RunningServer running;
  for (const char* name : {"course.css", "course.js", "chart.js"}) {
    std::ifstream file(std::string(COURSE_SOURCE_DIR) + "/common/web/assets/" + name);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    EXPECT_FALSE(bytes.empty());
    EXPECT_EQ(get(running.port, "/" + std::string(name)).body, bytes) << name;
  }
  EXPECT_THROW(common::web::asset("nothing.css"), std::logic_error);
}

TEST(Server, AnswersJson) {
  RunningServer running;
  const auto echo = get(running.port, "/api/echo?a=1%202+3&b=%C3%A4&empty&c=x=y");
  EXPECT_EQ(echo.status, 200);
  EXPECT_EQ(echo.headers.at("Content-Type"), "application/json");
  EXPECT_EQ(echo.headers.at("Cache-Control"), "no-store");
  EXPECT_EQ(parse_json(echo.body, "echo"),
            parse_json(R"({"a": "1 2 3", "b": "ä", "c": "x=y", "empty": ""})", "wanted"));
  const auto set = post(running.port, "/api/set", R"({"lr": 0.5, "steps": 7})");
  EXPECT_EQ(set.status, 200);
  EXPECT_EQ(set.body, R"({"lr":0.5,"steps":7})");
}

TEST(Server, TakesAFileAsItIsAndOnlyWhereOneIsWanted) {
  RunningServer running;
  const auto send = [&](const std::string& path, const std::string& type, const std::string& body) {
    return tests::ask(running.port,
                      "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type +
                          "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  const std::string bytes("\0\r\n\xFF{", 5);
  const auto taken = send("/api/length", "application/octet-stream", bytes);
  EXPECT_EQ(taken.status, 200) << taken.body;
  EXPECT_EQ(parse_json(taken.body, "answer")["length"], 5);
  EXPECT_EQ(send("/api/length", "application/octet-stream", "").status, 200);
  EXPECT_EQ(send("/api/length", "application/json", "{}").status, 415);
  EXPECT_EQ(send("/api/set", "application/octet-stream", "{}").status, 415);
  EXPECT_EQ(send("/api/length", "application/octet-stream", std::string(65'537, 'x')).status, 413);
}

TEST(Server, NamesADownloadPlainly) {
  RunningServer running;
  EXPECT_EQ(get(running.port, "/api/file").headers.at("Content-Disposition"),
            "attachment; filename=\"a_file_.json\"");
}

TEST(Server, SaysWhatIsWrongInOneLineOfJson) {
  RunningServer running;
  const auto range = post(running.port, "/api/set", R"({"lr": 11})");
  EXPECT_EQ(range.status, 400);
  EXPECT_EQ(parse_json(range.body, "answer").at("error"),
            "the request: lr: wanted a number from 0 to 10, found 11");
  EXPECT_EQ(get(running.port, "/nothing").status, 404);
  EXPECT_EQ(get(running.port, "/api/events?refuse=1").status, 404);
}

TEST(Server, KeepsTheTextOfAFaultToItself) {
  RunningServer running;
  const auto fault = get(running.port, "/api/fault");
  EXPECT_EQ(fault.status, 500);
  EXPECT_EQ(fault.body.find("secret"), std::string::npos);
}

TEST(Server, AnswersHeadWithTheLengthAlone) {
  RunningServer running;
  const auto head = tests::ask(running.port, "HEAD /big.txt HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("Content-Length"), "300000");
  EXPECT_EQ(head.body, "");
  const auto none = tests::ask(running.port, "HEAD /none HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(none.body, "");
}

TEST(Server, TakesABodyAfterAskingToGoOn) {
  RunningServer running;
  Client client(running.port);
  client.send(
      "POST /api/set HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; "
      "charset=utf-8\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("{}");
  EXPECT_EQ(tests::parse_answer(client.receive()).status, 200);
}

// Returns what a new client of a stream is sent up to `end`, once there is room for one more, or ""
// when there never is.
std::string watch(std::unique_ptr<Client>& client, int port, const std::string& path,
                  const std::string& end) {
  std::string text;
  const bool got_in = tests::eventually([&] {
    client = std::make_unique<Client>(port);
    client->send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    text = client->receive(end);
    return text.rfind("HTTP/1.1 200 ", 0) == 0;
  });
  return got_in ? text : "";
}

TEST(Server, StreamsEventsUntilTheClientLeaves) {
  RunningServer running;
  std::unique_ptr<Client> client;
  for (int visit = 0; visit < 10; ++visit) {  // more than may run at once: each ends
    const std::string begin = watch(client, running.port, "/api/events", "\"\n\n");
    EXPECT_NE(begin.find("text/event-stream"), std::string::npos);
    EXPECT_EQ(begin.find("Content-Length"), std::string::npos);
    EXPECT_NE(begin.find("\r\n\r\nevent: tick\ndata: \"xxx"), std::string::npos);
    if (visit % 2 == 0) client->reset();
  }
}

TEST(Server, EndsASilentStreamSoonAfterItsClientLeft) {
  auto limits = tests::short_limits();
  limits.silence = std::chrono::hours(1);
  RunningServer running(limits);
  std::unique_ptr<Client> client;
  for (int visit = 0; visit < 5; ++visit) {  // more than may run at once
    EXPECT_NE(watch(client, running.port, "/api/quiet", "\r\n\r\n"), "");
    if (visit % 2 == 0) client->reset();
  }
}

TEST(Server, ASilentStreamSendsACommentNowAndThen) {
  RunningServer running;
  Client client(running.port);
  client.send("GET /api/quiet HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.receive("\r\n\r\n");
  EXPECT_EQ(client.receive(":\n\n:\n\n"), ":\n\n:\n\n");
}

TEST(Server, RefusesStreamsAboveItsLimitAndStillAnswers) {
  RunningServer running;
  std::vector<std::unique_ptr<Client>> watchers;
  for (int i = 0; i < 3; ++i) {
    watchers.push_back(std::make_unique<Client>(running.port));
    watchers.back()->send("GET /api/quiet HTTP/1.1\r\nHost: localhost\r\n\r\n");
    watchers.back()->receive("\r\n\r\n");
  }
  EXPECT_EQ(get(running.port, "/api/quiet").status, 503);
  EXPECT_EQ(get(running.port, "/").status, 200);
}

TEST(Server, StopsWithinASecondWhateverClientsDo) {
  RunningServer running;
  Client idle(running.port), half(running.port), watcher(running.port), unread(running.port, 4096);
  half.send("POST /api/set HTT");
  watcher.send("GET /api/quiet HTTP/1.1\r\nHost: localhost\r\n\r\n");
  watcher.receive("\r\n\r\n");
  unread.send("GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_LT(running.stop(), 1.0);
}

TEST(Server, CtrlCEndsIt) {
  const pid_t child = ::fork();
  if (child == 0) {
    common::base::catch_interrupts();
    ::close(STDERR_FILENO);  // what Ctrl-C says
    Server server;
    const int port = server.bind("127.0.0.1", 0);
    std::thread presses([port] {
      get(port, "/course.css");
      ::kill(::getpid(), SIGINT);
    });
    server.run();
    presses.join();
    ::_exit(17);
  }
  int status = -1;
  const bool ended = tests::eventually([&] { return ::waitpid(child, &status, WNOHANG) != 0; });
  EXPECT_TRUE(ended && WIFEXITED(status) && WEXITSTATUS(status) == 17) << status;
  if (!ended) ::kill(child, SIGKILL);
}

TEST(Server, StopBeforeRunEndsIt) {
  Server server;
  server.bind("127.0.0.1", 0);
  server.stop();
  server.run();
}

TEST(Server, SaysWhatToDoAboutATakenPort) {
  RunningServer running;
  Server second;
  const std::string port = std::to_string(running.port);
  EXPECT_EQ(error_of(second, "127.0.0.1", running.port),
            "port " + port + " is taken; another one: --port " +
                std::to_string(running.port % 65'535 + 1) + ", or any free one: --port 0");
  EXPECT_EQ(error_of(second, "0.0.0.0", running.port).substr(0, 4), "port");
}

TEST(Server, TakesItsPortAgainAtOnce) {
  int port = 0;
  for (int time = 0; time < 3; ++time) {
    Server server;
    port = server.bind("localhost", port);
    std::thread thread([&] { server.run(); });
    EXPECT_EQ(get(port, "/course.css").status, 200);
    server.stop();
    thread.join();
  }
}

TEST(Server, SaysWhichHostsThereAre) {
  Server server;
  EXPECT_NE(error_of(server, "8.8.8.8", 0).find("8.8.8.8 is no address of this machine"),
            std::string::npos);
  EXPECT_NE(error_of(server, "example.org", 0).find("\"example.org\" is no address"),
            std::string::npos);
  EXPECT_NE(error_of(server, "127.0.0.1", 65'536).find("found 65536"), std::string::npos);
  EXPECT_NE(error_of(server, "127.0.0.1", -1).find("found -1"), std::string::npos);
}

TEST(Server, AnswersToTheNamesOfItsAddress) {
  const auto status = [](const std::string& address, const std::string& host) {
    Server server;
    const int port = server.bind(address, 0);
    std::thread thread([&] { server.run(); });
    const auto answer = tests::ask(port, "GET /course.css HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
    server.stop();
    thread.join();
    return answer.status;
  };
  for (const char* host : {"127.0.0.1", "localhost:9", "[::1]:80"}) {
    EXPECT_EQ(status("127.0.0.1", host), 200) << host;
  }
  EXPECT_EQ(status("127.0.0.1", "my-machine.lan"), 403);
  EXPECT_EQ(status("0.0.0.0", "my-machine.lan"), 200);
}

TEST(EmbedAssets, KeepsEveryByteOfALongFile) {
  const auto& picture = web_test::asset("activations.png");
  const std::string bytes = common::base::read_file(std::string(COURSE_SOURCE_DIR) +
                                                    "/week01_mlp_xor/pictures/activations.png");
  EXPECT_GT(bytes.size(), 65'536u);
  EXPECT_EQ(std::set<char>(bytes.begin(), bytes.end()).size(), 256u);
  EXPECT_EQ(picture.bytes, bytes);
  EXPECT_EQ(web_test::assets().size(), 1u);
}

TEST(Server, KeepsDifferentNumbersOfManyVisitorsApart) {
  auto limits = tests::short_limits();
  limits.connections = 64;
  limits.request = std::chrono::seconds(5);
  RunningServer running(limits);
  std::vector<std::thread> visitors;
  visitors.reserve(8);
  std::atomic<int> wrong{0};
  for (int visitor = 0; visitor < 8; ++visitor) {
    visitors.emplace_back([&, visitor] {
      for (int i = 0; i < 20; ++i) {
        const std::string number = std::to_string(visitor * 100 + i);
        const auto answer = get(running.port, "/api/echo?n=" + number);
        if (answer.body != "{\"n\":\"" + number + "\"}") ++wrong;
      }
    });
  }
  for (auto& visitor : visitors) visitor.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
