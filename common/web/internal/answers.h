// What answers have in common: headers, types, the text of refusals.
#pragma once

#include <string>
#include <string_view>

#include "common/web/internal/httplib.h"

namespace common::web::internal {

/// Returns the headers that every answer carries: nothing is loaded from elsewhere, nobody frames
/// or includes these pages, types are as told.
httplib::Headers common_headers();

/// Returns the content type of a file by the end of its name.
/// Errors: `std::logic_error` for an end that is not known here.
std::string content_type(std::string_view file_name);

/// Returns {"error": message}.
std::string error_json(const std::string& message);

/// Returns a whole answer with status and error_json. Args: `allow` lists the methods of a 405;
/// without `with_body` it ends after its headers.
std::string refusal_answer(int status, const std::string& message, const std::string& allow,
                           bool with_body);

/// Tells the server's operator of an exception that no handler should have thrown.
void log_fault(const std::string& where, const char* what);

}  // namespace common::web::internal
