// What the `serve` of each week has in common.
#include "common/web/page.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

#include "common/base/error.h"
#include "tests/web/client.h"

namespace {

using common::web::Address;
using common::web::Asset;
using common::web::Server;
using tests::get;

TEST(Page, ServesPagesWithoutTheirEndingAndOtherFilesByTheirNames) {
  const std::array<Asset, 3> assets = {
      {{"index.html", "first"}, {"second.html", "second"}, {"page.js", "script"}}};
  Server server;
  common::web::add_assets(server, assets);
  const int port = server.bind("127.0.0.1", 0);
  std::thread thread([&] { server.run(); });
  EXPECT_EQ(get(port, "/").body, "first");
  const auto second = get(port, "/second");
  EXPECT_EQ(second.body, "second");
  EXPECT_EQ(second.headers.at("Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(get(port, "/page.js").body, "script");
  for (const char* path : {"/index", "/index.html", "/second.html", "/page"}) {
    EXPECT_EQ(get(port, path).status, 404) << path;
  }
  server.stop();
  thread.join();
}

TEST(Page, KeepsTheDefaultsOfItsWeekAndRefusesWhatIsNoPort) {
  Address address = {.port = 8004};
  common::base::Settings settings;
  common::web::describe(settings, address);
  EXPECT_EQ(settings.find("host", "").value(), "127.0.0.1");
  EXPECT_EQ(settings.find("port", "").value(), 8004);
  settings.find("port", "").set_text("0", "--port");
  EXPECT_EQ(address.port, 0);
  EXPECT_THROW(settings.find("port", "").set_text("65536", "--port"), common::base::Error);
}

TEST(Page, SaysWhereItIsAndThatItHasEnded) {
  Server server;
  server.stop();  // so that it ends at once
  testing::internal::CaptureStdout();
  common::web::serve_page(server, {}, "the page", "with a note");
  const std::string said = testing::internal::GetCapturedStdout();
  EXPECT_EQ(said.find("the page is at http://127.0.0.1:"), 0U) << said;
  EXPECT_NE(said.find("/ with a note (Ctrl-C ends it)\nthe page has ended\n"), std::string::npos)
      << said;
}

}  // namespace
