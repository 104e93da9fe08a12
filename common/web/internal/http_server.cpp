#include "common/web/internal/http_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/web/internal/answers.h"
#include "common/web/internal/connection.h"
#include "common/web/internal/workers.h"

namespace common::web::internal {
namespace {

using base::Error;
using base::require;
using Clock = std::chrono::steady_clock;

constexpr int kBacklog = 128;
constexpr time_t kIdleUs = 50'000;        // between looks at `stopping` while nobody comes
constexpr std::size_t kMostRefused = 64;  // sockets answered 503 that are kept for a moment
constexpr std::chrono::milliseconds kRefusedStay{300};

void refuse(httplib::Response& res, int status, const std::string& message) {
  res = httplib::Response();
  for (const auto& [name, value] : common_headers()) res.set_header(name, value);
  res.set_header("Cache-Control", "no-store");
  res.status = status;
  res.set_content(error_json(message), "application/json");
}

// Runs a handler and turns what it throws into an answer.
void answer(const HttpServer::Handler& handler, const httplib::Request& req,
            httplib::Response& res) {
  try {
    handler(req, res);
  } catch (const Refusal& refusal) {
    refuse(res, refusal.status, refusal.what());
  } catch (const Error& error) {
    refuse(res, 400, error.what());
  } catch (const std::exception& fault) {
    log_fault(req.path, fault.what());
    refuse(res, 500, "something went wrong in the server");
  } catch (...) {
    log_fault(req.path, "unknown exception");
    refuse(res, 500, "something went wrong in the server");
  }
}

}  // namespace

HttpServer::HttpServer(const Limits& limits) : limits_(limits) {
  set_default_headers(common_headers());
  set_payload_max_length(limits.body_bytes);
  set_idle_interval(0, kIdleUs);
  // Not SO_REUSEPORT, httplib's own choice, with which two servers would share a port unnoticed.
  set_socket_options([](socket_t socket) {
    const int yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  set_pre_routing_handler([this](const httplib::Request& req, httplib::Response& res) {
    if (req.method == "POST") return HandlerResponse::Unhandled;  // its body is still to be read
    answer(gets_.at(req.path), req, res);
    return HandlerResponse::Handled;
  });
  Post(".*", [this](const httplib::Request& req, httplib::Response& res) {
    answer(posts_.at(req.path), req, res);
  });
  new_task_queue = [this] {
    return new Workers(static_cast<std::size_t>(limits_.connections), [this] { look(); });
  };
}

HttpServer::~HttpServer() {
  close_refused(0);
  if (svr_sock_ != INVALID_SOCKET) ::close(svr_sock_);
}

void HttpServer::get_only(const std::string& path, Handler handler) {
  get_only_.insert(path);
  get(path, std::move(handler));
}

void HttpServer::post(const std::string& path, const std::string& type, Handler handler) {
  types_[path] = type;
  posts_[path] = std::move(handler);
}

int HttpServer::bind(const std::string& host, int port) {
  const std::string numeric = host == "localhost" ? "127.0.0.1" : host;
  require(port >= 0 && port <= 65'535,
          "wanted a port from 0 (any free one) to 65535, found " + std::to_string(port));
  in_addr v4{};
  in6_addr v6{};
  const bool is_v4 = ::inet_pton(AF_INET, numeric.c_str(), &v4) == 1;
  const bool is_v6 = ::inet_pton(AF_INET6, numeric.c_str(), &v6) == 1;
  const std::string wanted =
      " is no address of this machine; 127.0.0.1 is for this machine alone, "
      "0.0.0.0 for everybody who can reach it";
  require(is_v4 || is_v6, "\"" + host.substr(0, 60) + "\"" + wanted);
  const bool loopback = is_v4 ? (ntohl(v4.s_addr) >> 24) == 127 : IN6_IS_ADDR_LOOPBACK(&v6);
  require(svr_sock_ == INVALID_SOCKET, "this server is bound already");
  names_.clear();
  if (loopback) names_ = {"localhost", "127.0.0.1", "[::1]", numeric};

  errno = 0;
  const int bound = port == 0 ? bind_to_any_port(numeric, AI_NUMERICHOST)
                              : (bind_to_port(numeric, port, AI_NUMERICHOST) ? port : -1);
  const int fault = errno;
  const std::string number = std::to_string(port);
  require(bound > 0 || fault != EADDRINUSE, "port " + number + " is taken; another one: --port " +
                                                std::to_string(port % 65'535 + 1) +
                                                ", or any free one: --port 0");
  require(bound > 0 || fault != EACCES,
          "port " + number + " is for the system's own servers; another one: --port 8001");
  require(bound > 0 || fault != EADDRNOTAVAIL, host + wanted);
  require(bound > 0, "cannot listen at " + host + " port " + number + ": " + std::strerror(fault));
  ::listen(svr_sock_, kBacklog);  // httplib asks for 5
  return bound;
}

void HttpServer::run() {
  require(svr_sock_ != INVALID_SOCKET, "run wants a server that is bound");
  accepting_ = std::this_thread::get_id();
  const bool ended_well = listen_after_bind();
  const int fault = errno;
  close_refused(0);
  require(ended_well || stopping_,
          std::string("the server can take no more connections: ") + std::strerror(fault));
}

// Called by the accepting thread between connections.
void HttpServer::look() {
  if (base::interrupted()) stopping_ = true;
  if (stopping_ && svr_sock_ != INVALID_SOCKET) httplib::Server::stop();
  close_refused(kMostRefused);
}

bool HttpServer::process_and_close_socket(socket_t socket) {
  if (std::this_thread::get_id() == accepting_) {  // Workers had no thread for it
    refuse_busy(socket);
  } else {
    serve(socket);
  }
  return true;
}

void HttpServer::serve(int socket) {
  Connection client(socket, limits_, stopping_);
  bool with_body = true;
  std::string allow = "GET, HEAD, POST";
  const auto refuse_with = [&](int status, const std::string& message) {
    const std::string text = refusal_answer(status, message, allow, with_body);
    client.write(text.data(), text.size());
  };
  try {
    answer_request(client, with_body, allow);
  } catch (const Refusal& refusal) {
    refuse_with(refusal.status, refusal.what());
  } catch (const Gone&) {  // nobody to answer
  } catch (const std::exception& fault) {
    log_fault("a connection", fault.what());
    refuse_with(500, "something went wrong in the server");
  }
}

void HttpServer::answer_request(Connection& client, bool& with_body, std::string& allow) {
  const std::string head_bytes = client.read_head();
  with_body = head_bytes.rfind("HEAD ", 0) != 0;
  const Head head = parse_head(head_bytes);
  check_source(head, names_);
  allow = allowed(head.path);
  if (allow.empty()) throw Refusal(404, "there is nothing at this address");
  if (allow.find(head.method) == std::string::npos) {
    throw Refusal(405, "this address takes only " + allow);
  }
  const auto type = types_.find(head.path);
  const std::size_t length = check_body(head, limits_, type == types_.end() ? "" : type->second);
  if (!head.header("expect").empty()) {
    const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    client.write(go_on.data(), go_on.size());
  }
  std::string request = head.method + " " + head.target +
                        " HTTP/1.1\r\nContent-Length: " + std::to_string(length) + "\r\n\r\n";
  request += client.read_body(length);
  client.hand_over(std::move(request));
  bool closed = true;
  process_request(client, /*close_connection=*/true, closed, nullptr);
}

std::string HttpServer::allowed(const std::string& path) const {
  std::string methods;
  if (gets_.count(path) != 0) methods = get_only_.count(path) != 0 ? "GET" : "GET, HEAD";
  if (posts_.count(path) != 0) methods += methods.empty() ? "POST" : ", POST";
  return methods;
}

// Answers without ever waiting: this is the accepting thread.
void HttpServer::refuse_busy(int socket) {
  const std::string text = refusal_answer(503, "too many visitors at once; try again in a moment",
                                          "", /*with_body=*/true);
  const ssize_t sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0) {
    ::close(socket);
    return;
  }
  ::shutdown(socket, SHUT_WR);
  refused_.push_back({socket, Clock::now() + kRefusedStay});
  close_refused(kMostRefused);
}

// Closes what was refused and has had its moment to read that, and all but the latest `most`.
void HttpServer::close_refused(std::size_t most) {
  std::array<char, 16'384> buffer;
  while (!refused_.empty() &&
         (refused_.size() > most || refused_.front().until < Clock::now() || stopping_)) {
    // What was sent meanwhile is taken, so that closing does not reset the connection.
    ::recv(refused_.front().socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    ::close(refused_.front().socket);
    refused_.pop_front();
  }
}

}  // namespace common::web::internal
