// The head of a request: request line and headers, read strictly and checked before anything else
// sees them.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/web/server.h"

namespace common::web::internal {

/// A request line and the headers that matter here.
struct Head {
  std::string method;                          // GET, HEAD or POST
  std::string target;                          // as sent
  std::string path;                            // the target up to its '?'
  std::map<std::string, std::string> headers;  // names in lower case

  /// Returns a header, or "" where it was not sent.
  std::string_view header(const std::string& name) const;
};

/// Returns where the head ends in `bytes` (after the empty line), or npos when more must come.
/// Bytes before `looked_at` were looked at by an earlier call. Errors: `Refusal` 400 at the first
/// byte that no head has there, so that TLS and other protocols get their answer at once.
std::size_t head_end(std::string_view bytes, std::size_t looked_at);

/// Parses a whole head.
/// Errors: `Refusal` 400, 405, 414, 431 or 505.
Head parse_head(std::string_view bytes);

/// Checks that the request comes from a page of this server: Host must be one of `names`, at any
/// port (a tunnel may use another), and the Origin of a POST must be the host. A foreign site that
/// points its own name here would otherwise be of the same origin. No names: any host will do.
/// Errors: `Refusal` 400 or 403.
void check_source(const Head& head, const std::vector<std::string>& names);

/// Returns the length of the body that follows.
/// Args: `type` that a POST's body must have, as "application/json".
/// Errors: `Refusal` 400, 411, 413, 415 or 417.
std::size_t check_body(const Head& head, const Limits& limits, const std::string& type);

/// Returns the names and values after the '?' of a target.
/// Errors: `Refusal` 400 for a name given twice, a bad escape or a control character.
std::map<std::string, std::string> parse_query(std::string_view target);

}  // namespace common::web::internal
