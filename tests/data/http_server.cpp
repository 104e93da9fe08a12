#include "tests/data/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>

namespace tests {
namespace {

bool readable(int fd, int ms) {
  pollfd wanted = {fd, POLLIN, 0};
  return ::poll(&wanted, 1, ms) == 1;
}

bool send_all(int client, const char* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t sent = ::send(client, bytes, count, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    count -= static_cast<std::size_t>(sent);
  }
  return true;
}

Request parse(const std::string& text) {
  Request request;
  const std::size_t begin = text.find(' ') + 1;
  request.path = text.substr(begin, text.find(' ', begin) - begin);
  const std::size_t range = text.find("Range: bytes=");
  if (range != std::string::npos) request.range_start = std::atoll(text.c_str() + range + 13);
  return request;
}

}  // namespace

Reply serve(const Request& request, const std::string& file) {
  Reply reply;
  const auto size = static_cast<std::int64_t>(file.size());
  if (request.range_start < 0) {
    reply.body = file;
  } else if (request.range_start >= size) {
    reply.status = 416;
    reply.headers = {"Content-Range: bytes */" + std::to_string(size)};
  } else {
    reply.status = 206;
    reply.headers = {"Content-Range: bytes " + std::to_string(request.range_start) + "-" +
                     std::to_string(size - 1) + "/" + std::to_string(size)};
    reply.body = file.substr(static_cast<std::size_t>(request.range_start));
  }
  return reply;
}

HttpServer::HttpServer(std::function<Reply(const Request&)> answer) : answer_(std::move(answer)) {
  ::setenv("NO_PROXY", "127.0.0.1", 1);
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), length) != 0 ||
      ::listen(socket_, 16) != 0 ||
      ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("the test's server cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { loop(); });
}

HttpServer::~HttpServer() {
  stop_ = true;
  thread_.join();
  ::close(socket_);
}

void HttpServer::answer_with(std::function<Reply(const Request&)> answer) {
  const std::lock_guard lock(mutex_);
  answer_ = std::move(answer);
}

std::vector<Request> HttpServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpServer::loop() {
  while (!stop_) {
    if (!readable(socket_, /*ms=*/10)) continue;
    const int client = ::accept4(socket_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    talk(client);
    ::close(client);
  }
}

void HttpServer::talk(int client) {
  std::string text;
  char block[4096];
  while (text.find("\r\n\r\n") == std::string::npos && !stop_) {
    if (!readable(client, /*ms=*/10)) continue;
    const ssize_t got = ::recv(client, block, sizeof block, 0);
    if (got <= 0) return;
    text.append(block, static_cast<std::size_t>(got));
  }
  const Request request = parse(text);
  std::function<Reply(const Request&)> answer;
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    answer = answer_;
  }
  const Reply reply = answer(request);
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(reply.wait_s);
  while (std::chrono::steady_clock::now() < until && !stop_) {
    if (readable(client, /*ms=*/10)) return;  // the client has left
  }
  std::string head =
      "HTTP/1.1 " + std::to_string(reply.status) + " Status\r\nConnection: close\r\n";
  if (reply.send_length && !reply.endless) {
    head += "Content-Length: " + std::to_string(reply.body.size()) + "\r\n";
  }
  for (const std::string& header : reply.headers) head += header + "\r\n";
  head += "\r\n";
  if (!send_all(client, head.data(), head.size())) return;
  const std::size_t count =
      reply.drop_after < 0 ? reply.body.size() : static_cast<std::size_t>(reply.drop_after);
  while (send_all(client, reply.body.data(), count) && reply.endless && !stop_) continue;
  ::shutdown(client, SHUT_WR);
}

}  // namespace tests
