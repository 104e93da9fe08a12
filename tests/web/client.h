// A client that sends what it likes over a raw socket.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace tests {

/// An HTTP answer, taken apart.
struct Answer {
  int status = 0;  // 0: the server closed without one
  std::map<std::string, std::string> headers;
  std::string body;
};

/// Takes apart the whole text of an answer; status -1 when it is none.
Answer parse_answer(const std::string& text);

/// One connection to a server on this machine.
class Client {
 public:
  explicit Client(int port, int receive_buffer_bytes = 0);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Sends all of it; false when the server has closed or takes nothing for two seconds.
  bool send(std::string_view bytes);
  /// Tells the server that nothing more will be sent.
  void half_close();
  /// Returns what comes until the server closes, or until `end` has come, or `seconds` are over.
  std::string receive(const std::string& end = "", double seconds = 5);
  /// Whether the server has closed the connection (seen by receive).
  bool closed() const { return closed_; }
  /// Whether it did so with a reset, which may lose the end of an answer.
  bool was_reset() const { return was_reset_; }
  /// Closes with a reset, as a machine that crashed does.
  void reset();

 private:
  int socket_ = -1;
  bool closed_ = false, was_reset_ = false;
};

/// Sends `request` and returns the answer.
Answer ask(int port, const std::string& request);
Answer get(int port, const std::string& path);
Answer post(int port, const std::string& path, const std::string& body);

}  // namespace tests
