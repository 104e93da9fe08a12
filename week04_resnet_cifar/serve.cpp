#include "week04_resnet_cifar/serve.h"

#include <ATen/ATen.h>

#include <atomic>
#include <charconv>
#include <cstdio>
#include <optional>
#include <thread>

#include "common/base/base64.h"
#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/text.h"
#include "common/web/server.h"
#include "week04_resnet_cifar/assets.h"
#include "week04_resnet_cifar/looking.h"
#include "week04_resnet_cifar/own_image.h"

namespace week04 {
using common::base::Json;
using common::base::require;
using torch::Tensor;
namespace web = common::web;
namespace {

constexpr size_t kMostUploadBytes = 20'000'000;

// A whole number of the query, which may be absent.
std::optional<int64_t> number_of(const web::Request& request, const char* name, int64_t below) {
  const auto found = request.query.find(name);
  if (found == request.query.end()) return {};
  const std::string& text = found->second;
  int64_t value = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  require(read.ec == std::errc() && read.ptr == text.data() + text.size() && value >= 0 &&
              value < below,
          std::string(name) + " is no whole number from 0 to " + std::to_string(below - 1));
  return value;
}

// The test set, or why there is none.
struct TestSet {
  Images images;
  std::string trouble;
};

TestSet load_test_set(const std::filesystem::path& data_dir) {
  try {
    return {load_test(data_dir), ""};
  } catch (const common::base::Error& error) {
    return {{}, error.what()};
  }
}

Json about(const Looking& looking, const TestSet& test) {
  const Model& model = looking.model();
  int64_t parameters = 0;
  for (const Tensor& parameter : model.network.module->parameters()) {
    parameters += parameter.numel();
  }
  return {{"network", model.network.name},
          {"folder", model.folder.string()},
          {"parameters", parameters},
          {"classes", model.classes},
          {"test_trouble", test.trouble},
          {"test_images", test.trouble.empty() ? test.images.size() : 0}};
}

// A page of mistakes with their pixels; `truth` and `answer` choose among them.
Json mistakes_page(const Looking& looking, const TestSet& test, const web::Request& request) {
  constexpr int64_t kPage = 48;
  const auto classes = static_cast<int64_t>(looking.model().classes.size());
  const auto truth = number_of(request, "truth", classes);
  const auto answer = number_of(request, "answer", classes);
  const int64_t from = number_of(request, "from", 1'000'000).value_or(0);
  const Looking::Progress progress = looking.progress();
  Json page = {{"looked", progress.looked},
               {"right", progress.right},
               {"of", progress.of},
               {"items", Json::array()}};
  int64_t matching = 0;
  for (const Mistake& m : progress.mistakes) {
    if ((truth && *truth != m.truth) || (answer && *answer != m.answer)) continue;
    if (matching >= from && matching < from + kPage) {
      const Tensor pixels = test.images.pixels[m.index].permute({1, 2, 0}).contiguous();
      page["items"].push_back(
          {{"index", m.index},
           {"truth", m.truth},
           {"answer", m.answer},
           {"probability", m.probability},
           {"pixels",
            common::base::base64({reinterpret_cast<const char*>(pixels.const_data_ptr<uint8_t>()),
                                  pixels.nbytes()})}});
    }
    ++matching;
  }
  page["matching"] = matching;
  return page;
}

void add_requests(web::Server& server, Looking& looking, const TestSet& test) {
  server.get("/api/about", [&](const web::Request&) { return web::Reply{about(looking, test)}; });
  server.post_bytes("/api/look", [&](const web::Request& request) {
    return web::Reply{looking.look(to_cifar(request.bytes, "the file"))};
  });
  server.get("/api/test", [&](const web::Request& request) {
    require(test.trouble.empty(), test.trouble);
    const auto index = number_of(request, "index", test.images.size());
    require(index.has_value(), "the request lacks ?index=");
    Json answer = looking.look(test.images.pixels.slice(0, *index, *index + 1));
    answer["truth"] = test.images.labels[*index].item<int64_t>();
    return web::Reply{answer};
  });
  server.get("/api/mistakes", [&](const web::Request& request) {
    return web::Reply{mistakes_page(looking, test, request)};
  });
}

}  // namespace

void describe(common::base::Settings& s, ServeConfig& c) {
  s.add("weights", &c.weights, "folder of a run or an export; empty: the newest run's");
  s.add("host", &c.host, "address to listen at; others than 127.0.0.1 let the network in");
  s.add("port", &c.port, "0: any free one").range(0, 65535);
}

void serve(const ServeConfig& config, const common::base::RunConfig& run) {
  const torch::Device device = common::base::pick_device(run.device);
  Looking looking(load_model(config.weights, device), device);
  const TestSet test = load_test_set(run.data_dir);
  web::Limits limits;
  limits.body_bytes = kMostUploadBytes;
  limits.connections = 32;
  limits.request = std::chrono::seconds(60);
  web::Server server(limits);
  server.file("/", assets::asset("index.html"));
  for (const auto& asset : assets::assets()) {
    if (!asset.name.ends_with(".html")) server.file("/" + std::string(asset.name), asset);
  }
  add_requests(server, looking, test);
  const int port = server.bind(config.host, static_cast<int>(config.port));
  std::printf("the page is at %s with the weights of %s (Ctrl-C ends it)\n",
              web::address_of(config.host, port).c_str(), looking.model().folder.c_str());
  std::fflush(stdout);
  std::atomic<bool> ended{false};
  std::jthread mistakes;
  if (test.trouble.empty()) {
    mistakes =
        std::jthread([&] { looking.find_mistakes(test.images, [&] { return ended.load(); }); });
  }
  server.run();
  ended = true;
  std::printf("the page has ended\n");
}

}  // namespace week04
