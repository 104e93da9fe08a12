#include "common/web/address.h"

namespace common::web {

void describe(base::Settings& settings, Address& address) {
  settings.add("host", &address.host,
               "address to listen at; others than 127.0.0.1 let the network in");
  settings.add("port", &address.port, "0: any free one").range(0, 65535);
}

}  // namespace common::web
