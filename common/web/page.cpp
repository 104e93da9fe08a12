#include "common/web/page.h"

#include <cstdio>
#include <string_view>

namespace common::web {

void add_assets(Server& server, std::span<const Asset> assets) {
  constexpr std::string_view kPage = ".html";
  for (const Asset& asset : assets) {
    std::string_view path = asset.name;
    if (path.ends_with(kPage)) path.remove_suffix(kPage.size());
    if (asset.name == "index.html") path = "";
    server.file("/" + std::string(path), asset);
  }
}

void serve_page(Server& server, const Address& address, const std::string& name,
                const std::string& note) {
  const int port = server.bind(address.host, static_cast<int>(address.port));
  std::printf("%s is at %s%s (Ctrl-C ends it)\n", name.c_str(),
              address_of(address.host, port).c_str(), note.empty() ? "" : (" " + note).c_str());
  std::fflush(stdout);
  server.run();
  std::printf("%s has ended\n", name.c_str());
}

}  // namespace common::web
