// Server-sent events on top of httplib's sink.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "common/web/internal/httplib.h"
#include "common/web/server.h"

namespace common::web::internal {

/// Writes each event at once. Source: WHATWG HTML, "Server-sent events".
class Events final : public EventStream {
 public:
  Events(httplib::DataSink& sink, std::chrono::milliseconds silence)
      : sink_(sink), silence_(silence) {}

  bool send(std::string_view name, std::string_view data) override;
  bool open() const override;

 private:
  using Clock = std::chrono::steady_clock;
  httplib::DataSink& sink_;
  const std::chrono::milliseconds silence_;
  mutable Clock::time_point sent_ = Clock::now();
};

/// Runs `stream` until it returns; what it throws ends the answer and is logged.
void run_stream(const Server::Stream& stream, const std::string& path, const Limits& limits,
                httplib::DataSink& sink);

}  // namespace common::web::internal
