// `serve`: a page that says what is in an image, where it is seen, and what is answered wrong.
#pragma once

#include <string>

#include "common/base/run.h"
#include "common/base/settings.h"
#include "common/web/address.h"

namespace week04 {

/// Settings of the page.
struct ServeConfig {
  std::string weights;
  common::web::Address address = {.port = 8004};
};
void describe(common::base::Settings& settings, ServeConfig& config);

/// Serves the page until Ctrl-C, with the weights of `config` or the newest run's.
void serve(const ServeConfig& config, const common::base::RunConfig& run);

}  // namespace week04
