#include "week04_resnet_cifar/serve.h"

#include <ATen/ATen.h>

#include <optional>
#include <stop_token>
#include <thread>

#include "common/base/base64.h"
#include "common/base/device.h"
#include "common/base/error.h"
#include "common/base/settings.h"
#include "common/nn/modules.h"
#include "common/web/page.h"
#include "common/web/server.h"
#include "week04_resnet_cifar/assets.h"
#include "week04_resnet_cifar/looking.h"
#include "week04_resnet_cifar/model_file.h"
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
  int64_t value = 0;
  common::base::Setting number(name, &value, "");
  number.range(0, static_cast<double>(below - 1)).set_text(found->second, name);
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
  return {{"network", model.network.name},
          {"folder", model.folder.string()},
          {"parameters", common::nn::count_parameters(*model.network.module)},
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
               {"trouble", progress.trouble},
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
  describe_weights(s, c.weights);
  web::describe(s, c.address);
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
  web::add_assets(server, assets::assets());
  add_requests(server, looking, test);
  std::jthread mistakes;  // the end of this function stops it, and waits for its batch
  if (test.trouble.empty()) {
    mistakes = std::jthread([&](const std::stop_token& stop) {
      try {
        looking.find_mistakes(test.images, stop);
      } catch (const std::exception& error) {  // the page goes on without the rest of them
        looking.give_up(error.what());
      }
    });
  }
  web::serve_page(server, config.address, "the page",
                  "with the weights of " + looking.model().folder.string());
}

}  // namespace week04
