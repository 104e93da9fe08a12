// A small web server for the pages of the weeks, on cpp-httplib: built-in files, JSON, event
// streams.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.h"
#include "common/base/json.h"
#include "common/web/asset.h"

namespace common::web {

using base::Json;

/// What is taken from one client, and how long it may take.
struct Limits {
  std::size_t head_bytes = 16'384;            // request line and headers together
  std::size_t body_bytes = 1 << 20;           // of a POST
  int connections = 128;                      // at once; more are answered 503
  int streams = 64;                           // event streams among them; more are answered 503
  std::chrono::milliseconds request{10'000};  // from the connection to the last byte of the body
  std::chrono::milliseconds stall{10'000};    // for taking an answer or event, and 1 s per 16 KB
  std::chrono::milliseconds silence{10'000};  // of a stream, before it sends a comment
};

/// A request that cannot be granted, with its HTTP status. Any base::Error is answered with 400.
class Refusal : public base::Error {
 public:
  Refusal(int code, const std::string& message) : base::Error(message), status(code) {}
  int status;
};

/// What was asked for.
struct Request {
  std::map<std::string, std::string> query;  // of ?name=value; a name given twice is refused
  Json body = Json::object();                // of a POST: an object
  std::string_view bytes = {};               // of a POST to post_bytes()'s path, as sent
};

/// What is answered: JSON, or a file for the visitor to keep.
struct Reply {
  Json json = Json::object();
  std::string download = {};  // file name; "" shows the JSON as it is
};

/// The events of one stream, written by the handler's thread.
class EventStream {
 public:
  virtual ~EventStream() = default;
  /// Writes one event (`name` without line ends, `data` as JSON text without line ends). Waits
  /// while the client is slow. Returns false once the client has left or stalled or the server
  /// stops: the handler then returns.
  virtual bool send(std::string_view name, std::string_view data) = 0;
  /// Returns whether there is still somebody to send to; cheap enough to ask fifty times a second.
  /// Ask every few seconds at least: after Limits::silence it sends a comment, so that a client
  /// that vanished without a word is noticed.
  virtual bool open() const = 0;
};

/// Returns the address of a page for people: "http://127.0.0.1:8001/".
std::string address_of(const std::string& host, int port);

/// A web server. Set it up, `bind`, then `run`, which returns after `stop` or Ctrl-C
/// (base::interrupted). Each connection has a thread and carries one request, so handlers run at
/// once with each other; what they share they must lock.
class Server {
 public:
  explicit Server(Limits limits = {});
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Serves `asset` at `path` ("/" or "/playground.js"); the type follows from the asset's name.
  void file(const std::string& path, const Asset& asset);
  /// Answers GET or POST of exactly `path`. A handler may throw base::Error (400) or Refusal; the
  /// message is sent as {"error": message}. Anything else thrown becomes 500 without its text.
  void get(const std::string& path, std::function<Reply(const Request&)> handler);
  void post(const std::string& path, std::function<Reply(const Request&)> handler);
  /// Answers POST of `path` whose body is a file, sent as application/octet-stream.
  void post_bytes(const std::string& path, std::function<Reply(const Request&)> handler);
  /// Answers GET of `path` with an event stream that lasts until the handler returns. `prepare`
  /// runs first and may refuse as above; what it returns writes the stream.
  using Stream = std::function<void(EventStream&)>;
  void stream(const std::string& path, std::function<Stream(const Request&)> prepare);

  /// Takes the port (0: any free one) at `host` and returns it.
  /// Errors: `Error` when the port is taken (says what to do) or the host is no address of this
  /// machine.
  int bind(const std::string& host, int port);
  /// Serves until stop() or Ctrl-C, then ends the streams and waits for all handlers.
  void run();
  /// May be called from any thread, and before run.
  void stop();
  /// Serves one connection that is open already, on the calling thread, and closes it.
  void serve(int socket);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace common::web
