// download(): every fault that a server can have, on 127.0.0.1.
#include "common/data/download.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/files.h"
#include "common/base/interrupt.h"
#include "tests/data/expect_error.h"
#include "tests/data/http_server.h"
#include "tests/temporary_folder.h"

namespace {

using common::base::read_file;
using common::base::write_file;
using common::data::Download;
using common::data::download;
using tests::expect_error;
using tests::HttpServer;
using tests::Reply;
using tests::Request;
using tests::serve;
using tests::TemporaryFolder;

std::string some_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<char>(i * 2654435761u >> 13);
  return bytes;
}

Download request_to(const std::string& url, const TemporaryFolder& folder, std::uint64_t bytes) {
  Download request;
  request.url = url;
  request.part = folder / "part";
  request.max_bytes = bytes;
  request.exact_bytes = bytes;
  request.patience = {
      .connect_s = 2, .stall_s = 0.2, .min_bytes_per_s = 100, .retries = 3, .backoff_s = 0.01};
  return request;
}

TEST(Download, GetsAFileAndReportsProgress) {
  const std::string file = some_bytes(300'000);
  HttpServer server([&](const Request& request) { return serve(request, file); });
  const TemporaryFolder folder;
  Download request = request_to(server.address() + "/a", folder, file.size());
  std::uint64_t done = 0, total = 0;
  request.progress = [&](std::uint64_t now, std::uint64_t all) { done = now, total = all; };
  EXPECT_TRUE(download(request));
  EXPECT_EQ(read_file(request.part), file);
  EXPECT_EQ(done, file.size());
  EXPECT_EQ(total, file.size());
}

TEST(Download, GoesOnWhereADroppedConnectionEnded) {
  const std::string file = some_bytes(200'000);
  HttpServer server([&](const Request& request) {
    Reply reply = serve(request, file);
    if (request.range_start < 150'000) reply.drop_after = 50'000;
    return reply;
  });
  const TemporaryFolder folder;
  const Download request = request_to(server.address() + "/a", folder, file.size());
  EXPECT_TRUE(download(request));
  EXPECT_EQ(read_file(request.part), file);
  std::vector<std::int64_t> starts;
  for (const Request& asked : server.requests()) starts.push_back(asked.range_start);
  EXPECT_EQ(starts, (std::vector<std::int64_t>{-1, 50'000, 100'000, 150'000}));
}

TEST(Download, ResumesWhatAnEarlierCallLeft) {
  const std::string file = some_bytes(10'000);
  HttpServer server([&](const Request& request) { return serve(request, file); });
  const TemporaryFolder folder;
  const Download request = request_to(server.address() + "/a", folder, file.size());
  write_file(request.part, file.substr(0, 7'000));
  EXPECT_TRUE(download(request));
  EXPECT_EQ(read_file(request.part), file);
  ASSERT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(server.requests()[0].range_start, 7'000);
}

TEST(Download, AsksForNothingWhenAllBytesAreHere) {
  HttpServer server([&](const Request&) { return Reply(); });
  const TemporaryFolder folder;
  const Download request = request_to(server.address() + "/a", folder, 5);
  write_file(request.part, "12345");
  EXPECT_TRUE(download(request));
  EXPECT_TRUE(server.requests().empty());
}

TEST(Download, StartsOverWithAServerThatIgnoresRange) {
  const std::string file = some_bytes(10'000);
  HttpServer server([&](const Request&) { return Reply{.body = file}; });
  const TemporaryFolder folder;
  const Download request = request_to(server.address() + "/a", folder, file.size());
  write_file(request.part, "something else");
  EXPECT_TRUE(download(request));
  EXPECT_EQ(read_file(request.part), file);
}

TEST(Download, StartsOverWhenAnotherRangeComes) {
  const std::string file = some_bytes(10'000);
  HttpServer server([&](const Request& request) {
    return serve(request.range_start < 0 ? request : Request{"", request.range_start - 100}, file);
  });
  const TemporaryFolder folder;
  const Download request = request_to(server.address() + "/a", folder, file.size());
  write_file(request.part, file.substr(0, 500));
  EXPECT_TRUE(download(request));
  EXPECT_EQ(read_file(request.part), file);
}

TEST(Download, TakesAWholePartOfUnknownLength) {
  const std::string file = some_bytes(10'000);
  HttpServer server([&](const Request& request) { return serve(request, file); });
  const TemporaryFolder folder;
  Download request = request_to(server.address() + "/a", folder, 0);
  request.max_bytes = 20'000;
  write_file(request.part, file);
  EXPECT_TRUE(download(request));  // 416 with the same total: nothing is missing
  EXPECT_EQ(server.requests().size(), 1u);
  EXPECT_EQ(read_file(request.part), file);
}

TEST(Download, TakesABodyWithoutLength) {
  const std::string file = some_bytes(10'000);
  HttpServer server([&](const Request&) { return Reply{.body = file, .send_length = false}; });
  const TemporaryFolder folder;
  const Download request = request_to(server.address() + "/a", folder, file.size());
  EXPECT_TRUE(download(request));
  EXPECT_EQ(read_file(request.part), file);
}

TEST(Download, FollowsARedirect) {
  const std::string file = some_bytes(1'000);
  HttpServer server([&](const Request& request) {
    if (request.path == "/b") return serve(request, file);
    return Reply{.status = 302, .headers = {"Location: /b"}, .body = "moved to /b, a long way"};
  });
  const TemporaryFolder folder;
  const Download request = request_to(server.address() + "/a", folder, file.size());
  EXPECT_TRUE(download(request));
  EXPECT_EQ(read_file(request.part), file);
}

TEST(Download, RefusesRedirectsInALoop) {
  HttpServer server(
      [&](const Request&) { return Reply{.status = 302, .headers = {"Location: /a"}}; });
  const TemporaryFolder folder;
  expect_error("redirects more than 5 times",
               [&] { download(request_to(server.address() + "/a", folder, 10)); });
  EXPECT_EQ(server.requests().size(), 6u);
}

TEST(Download, RefusesRedirectsToAFile) {
  HttpServer server([&](const Request&) {
    return Reply{.status = 302, .headers = {"Location: file:///etc/passwd"}};
  });
  const TemporaryFolder folder;
  expect_error("not http or https",
               [&] { download(request_to(server.address() + "/a", folder, 10)); });
}

TEST(Download, StopsAnEndlessFileAtItsLimit) {
  HttpServer server(
      [&](const Request&) { return Reply{.body = some_bytes(10'000), .endless = true}; });
  const TemporaryFolder folder;
  Download request = request_to(server.address() + "/a", folder, 50'000);
  expect_error("larger than the expected 50.0 kB", [&] { download(request); });
  EXPECT_LE(std::filesystem::file_size(request.part), 50'000u);
}

TEST(Download, RefusesAnotherSizeBeforeItsFirstByte) {
  HttpServer server([&](const Request&) { return Reply{.body = some_bytes(999)}; });
  const TemporaryFolder folder;
  expect_error("the server has 999 bytes, expected 1000",
               [&] { download(request_to(server.address() + "/a", folder, 1000)); });
}

TEST(Download, GivesUpOnAFileThatAlwaysEndsEarly) {
  HttpServer server(
      [&](const Request&) { return Reply{.body = "half of it", .send_length = false}; });
  const TemporaryFolder folder;
  Download request = request_to(server.address() + "/a", folder, 1000);
  int told = 0;
  request.say = [&](const std::string&) { ++told; };
  expect_error("10 of 1000 bytes", [&] { download(request); });
  EXPECT_EQ(told, 3);
  EXPECT_EQ(server.requests().size(), 4u);
}

TEST(Download, TriesAgainAfterServerErrors) {
  int asked = 0;
  HttpServer server([&](const Request& request) {
    return ++asked < 3 ? Reply{.status = 503} : serve(request, "hello");
  });
  const TemporaryFolder folder;
  const Download request = request_to(server.address() + "/a", folder, 5);
  EXPECT_TRUE(download(request));
  EXPECT_EQ(read_file(request.part), "hello");
}

TEST(Download, SaysWhenThereIsNoSuchFile) {
  HttpServer server([&](const Request&) { return Reply{.status = 404, .body = "not found"}; });
  const TemporaryFolder folder;
  EXPECT_FALSE(download(request_to(server.address() + "/a", folder, 5)));
  EXPECT_EQ(server.requests().size(), 1u);
}

TEST(Download, GivesUpOnSlowHeaders) {
  HttpServer server([&](const Request&) { return Reply{.body = "12345", .wait_s = 5}; });
  const TemporaryFolder folder;
  const auto began = std::chrono::steady_clock::now();
  expect_error("nothing more came",
               [&] { download(request_to(server.address() + "/a", folder, 5)); });
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(2));
}

TEST(Download, SaysWhenNobodyListens) {
  std::string address;
  {
    address = HttpServer([](const Request&) { return Reply(); }).address();
  }
  const TemporaryFolder folder;
  expect_error(address, [&] { download(request_to(address + "/a", folder, 5)); });
}

TEST(Download, StopsWhenAskedAndKeepsThePart) {
  const std::string file = some_bytes(100'000);
  HttpServer server([&](const Request&) {
    return Reply{.headers = {"Content-Length: 200000"},
                 .body = file,
                 .send_length = false,
                 .endless = false};
  });
  const TemporaryFolder folder;
  Download request = request_to(server.address() + "/a", folder, 200'000);
  request.stop = [&] { return std::filesystem::file_size(request.part) >= 50'000; };
  EXPECT_THROW(download(request), common::base::Interrupted);
  EXPECT_EQ(read_file(request.part), file.substr(0, std::filesystem::file_size(request.part)));
}

}  // namespace
