#include "common/web/server.h"

#include <atomic>
#include <utility>

#include "common/web/assets.h"
#include "common/web/internal/answers.h"
#include "common/web/internal/events.h"
#include "common/web/internal/http_server.h"

namespace common::web {
namespace {

constexpr std::size_t kMostKeys = 1000;  // of one object: finding a key looks at all before it

// The part of a download's name that needs no quoting.
std::string plain_name(const std::string& name) {
  std::string plain = name;
  for (char& c : plain) {
    const bool ok = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                    c == '.' || c == '-';
    if (!ok) c = '_';
  }
  return plain;
}

Request to_request(const httplib::Request& req) {
  Request request;
  request.query = internal::parse_query(req.target);
  return request;
}

Request to_json_request(const httplib::Request& req) {
  Request request = to_request(req);
  request.body = base::parse_json(req.body, "the request", kMostKeys);
  base::require(request.body.is_object(), "the request is not a JSON object");
  return request;
}

Request to_bytes_request(const httplib::Request& req) {
  Request request = to_request(req);
  request.bytes = req.body;
  return request;
}

void set_reply(const Reply& reply, httplib::Response& res) {
  res.set_header("Cache-Control", "no-store");
  if (!reply.download.empty()) {
    res.set_header("Content-Disposition",
                   "attachment; filename=\"" + plain_name(reply.download) + "\"");
  }
  res.set_content(base::line_of(reply.json), "application/json");
}

internal::HttpServer::Handler handler_of(std::function<Reply(const Request&)> handler,
                                         Request (*take)(const httplib::Request&)) {
  return [handler = std::move(handler), take](const httplib::Request& req, httplib::Response& res) {
    set_reply(handler(take(req)), res);
  };
}

// One of the streams that may run at once, given back when the last copy of the pointer is gone.
using Slot = std::shared_ptr<void>;

Slot take_slot(std::atomic<int>& taken, int most) {
  if (++taken > most) {
    --taken;
    throw Refusal(503, "too many pages are watched at once; try again in a moment");
  }
  return Slot(nullptr, [&taken](void*) { --taken; });
}

}  // namespace

std::string address_of(const std::string& host, int port) {
  const bool is_v6 = host.find(':') != std::string::npos;
  return "http://" + (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port) + "/";
}

struct Server::Impl {
  explicit Impl(const Limits& given) : limits(given), http(given) {}
  const Limits limits;
  std::atomic<int> streams{0};
  internal::HttpServer http;
};

Server::Server(Limits limits) : impl_(std::make_unique<Impl>(limits)) {
  for (const Asset& shared : assets()) file("/" + std::string(shared.name), shared);
}

Server::~Server() = default;

void Server::file(const std::string& path, const Asset& asset) {
  impl_->http.get(path, [asset, type = internal::content_type(asset.name)](const httplib::Request&,
                                                                           httplib::Response& res) {
    res.set_header("Cache-Control", "no-cache");
    res.set_content(asset.bytes.data(), asset.bytes.size(), type);
  });
}

void Server::get(const std::string& path, std::function<Reply(const Request&)> handler) {
  impl_->http.get(path, handler_of(std::move(handler), to_request));
}

void Server::post(const std::string& path, std::function<Reply(const Request&)> handler) {
  impl_->http.post(path, "application/json", handler_of(std::move(handler), to_json_request));
}

void Server::post_bytes(const std::string& path, std::function<Reply(const Request&)> handler) {
  impl_->http.post(path, "application/octet-stream",
                   handler_of(std::move(handler), to_bytes_request));
}

void Server::stream(const std::string& path, std::function<Stream(const Request&)> prepare) {
  impl_->http.get_only(path, [this, path, prepare = std::move(prepare)](const httplib::Request& req,
                                                                        httplib::Response& res) {
    const Slot slot = take_slot(impl_->streams, impl_->limits.streams);
    res.set_header("Cache-Control", "no-store");
    // Without a length the answer lasts until the connection is closed.
    res.set_content_provider("text/event-stream",
                             [this, slot, path, stream = prepare(to_request(req))](
                                 std::size_t, httplib::DataSink& sink) {
                               internal::run_stream(stream, path, impl_->limits, sink);
                               return true;
                             });
  });
}

int Server::bind(const std::string& host, int port) { return impl_->http.bind(host, port); }
void Server::run() { impl_->http.run(); }
void Server::stop() { impl_->http.stop(); }
void Server::serve(int socket) { impl_->http.serve(socket); }

}  // namespace common::web
