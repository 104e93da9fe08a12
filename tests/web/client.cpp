#include "tests/web/client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <sstream>
#include <stdexcept>

namespace tests {
namespace {

using Clock = std::chrono::steady_clock;

bool wait(int socket, short events, Clock::time_point until) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd look{socket, events, 0};
  return left > 0 && ::poll(&look, 1, static_cast<int>(left)) > 0;
}

}  // namespace

Answer parse_answer(const std::string& text) {
  Answer answer;
  if (text.empty()) return answer;
  const std::size_t end = text.find("\r\n\r\n");
  if (text.rfind("HTTP/1.1 ", 0) != 0 || end == std::string::npos) {
    answer.status = -1;
    return answer;
  }
  answer.status = std::stoi(text.substr(9, 3));
  std::istringstream lines(text.substr(0, end));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const std::size_t colon = line.find(": ");
    if (!answer.headers.emplace(line.substr(0, colon), line.substr(colon + 2)).second) {
      answer.status = -1;  // none of ours is sent twice
    }
  }
  answer.body = text.substr(end + 4);
  return answer;
}

Client::Client(int port, int receive_buffer_bytes) {
  socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof(int));
  }
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    throw std::runtime_error("cannot connect");
  }
}

Client::~Client() {
  if (socket_ >= 0) ::close(socket_);
}

bool Client::send(std::string_view bytes) {
  const auto until = Clock::now() + std::chrono::seconds(2);
  while (!bytes.empty()) {
    const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN || !wait(socket_, POLLOUT, until)) {
      return false;
    }
  }
  return true;
}

void Client::half_close() { ::shutdown(socket_, SHUT_WR); }

std::string Client::receive(const std::string& end, double seconds) {
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(seconds));
  std::string text;
  std::array<char, 65'536> buffer;
  while ((end.empty() || text.find(end) == std::string::npos) && wait(socket_, POLLIN, until)) {
    const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) {
      closed_ = true;
      was_reset_ = got < 0;
      break;
    }
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return text;
}

void Client::reset() {
  const linger now{1, 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  ::close(socket_);
  socket_ = -1;
}

Answer ask(int port, const std::string& request) {
  Client client(port);
  client.send(request);
  return parse_answer(client.receive());
}

Answer get(int port, const std::string& path) {
  return ask(port,
             "GET " + path + " HTTP/1.1\r\nHost: localhost:" + std::to_string(port) + "\r\n\r\n");
}

Answer post(int port, const std::string& path, const std::string& body) {
  const std::string host = "localhost:" + std::to_string(port);
  return ask(port, "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host +
                       "\r\nContent-Type: application/json\r\nContent-Length: " +
                       std::to_string(body.size()) + "\r\n\r\n" + body);
}

}  // namespace tests
