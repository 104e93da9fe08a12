// Requests that no page of ours sends, with what the server is to say to each.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tests {

/// One request and its answer.
struct Hostile {
  std::string name;
  std::string bytes;
  int status;               // 0: closed without an answer
  bool half_close = false;  // tells the server that no more will come
};

/// Args: the server's port, and the largest body that it takes.
std::vector<Hostile> hostile_requests(int port, std::size_t body_bytes);

}  // namespace tests
