// What the `serve` of each week has in common: its embedded files, and serving until Ctrl-C.
#pragma once

#include <span>
#include <string>

#include "common/web/address.h"
#include "common/web/asset.h"
#include "common/web/server.h"

namespace common::web {

/// Serves index.html at "/", any other NAME.html at "/NAME", and all other files at "/FILE".
void add_assets(Server& server, std::span<const Asset> assets);

/// Takes the port, says where `name` is, serves it until Ctrl-C, and says that it has ended.
/// Args: `name` as "the playground"; `note` follows the address, as "with the weights of DIR".
/// Errors: as Server::bind.
void serve_page(Server& server, const Address& address, const std::string& name,
                const std::string& note = "");

}  // namespace common::web
