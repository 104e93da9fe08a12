// A socket that waits for connections.
#pragma once

#include <cstdint>
#include <string>

namespace common::dist {

/// Listens at `port` of an address of this machine, 0: at any that is free. Connections wait until
/// somebody accepts them. Args: `address` as numbers; else the loopback address is taken.
/// Returns: the file descriptor, which is not passed on to other programs; -1 when it fails, as
/// errno says.
int listen_at(const std::string& address, std::uint16_t port);

/// Returns the port at which a socket of listen_at() listens.
std::uint16_t port_of(int listening);

}  // namespace common::dist
