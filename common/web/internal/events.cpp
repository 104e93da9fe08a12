#include "common/web/internal/events.h"

#include <stdexcept>
#include <string>

#include "common/web/internal/answers.h"

namespace common::web::internal {

bool Events::send(std::string_view name, std::string_view data) {
  for (const auto text : {name, data}) {
    if (text.find_first_of("\r\n") != std::string_view::npos) {
      throw std::logic_error("an event has a line end in its name or data");
    }
  }
  if (!sink_.is_writable()) return false;
  std::string event;
  event.reserve(name.size() + data.size() + 16);
  event.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
  sent_ = Clock::now();
  return sink_.write(event.data(), event.size());
}

bool Events::open() const {
  if (!sink_.is_writable()) return false;
  if (Clock::now() - sent_ < silence_) return true;
  sent_ = Clock::now();
  return sink_.write(":\n\n", 3);
}

void run_stream(const Server::Stream& stream, const std::string& path, const Limits& limits,
                httplib::DataSink& sink) {
  try {
    Events events(sink, limits.silence);
    stream(events);
  } catch (const std::exception& fault) {
    log_fault(path, fault.what());
  } catch (...) {
    log_fault(path, "unknown exception");
  }
  sink.done();
}

}  // namespace common::web::internal
