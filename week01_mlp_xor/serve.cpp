// `serve`: the playground in the browser.
#include <ATen/Parallel.h>

#include <utility>

#include "common/base/error.h"
#include "common/web/live.h"
#include "common/web/page.h"
#include "common/web/server.h"
#include "common/web/sessions.h"
#include "week01_mlp_xor/assets.h"
#include "week01_mlp_xor/commands.h"
#include "week01_mlp_xor/depth.h"
#include "week01_mlp_xor/playground.h"

namespace week01 {
using common::base::Json;
using common::base::require;
using common::base::Settings;
namespace web = common::web;
namespace {

using LivePlayground = web::Live<Playground>;
using Visitors = web::Sessions<LivePlayground>;

// Takes `key` out of the body, which must have it.
Json take(Json& body, const char* key) {
  require(body.contains(key), std::string("the request lacks \"") + key + "\"");
  Json value = std::move(body[key]);
  body.erase(key);
  return value;
}

std::string take_session(Json& body) {
  const Json key = take(body, "session");
  require(key.is_string(), "\"session\" must be a word");
  return key.get<std::string>();
}

std::string session_of(const web::Request& request) {
  const auto at = request.query.find("session");
  require(at != request.query.end() && request.query.size() == 1, "the request lacks ?session=");
  return at->second;
}

// Everything that a request may do to a visitor's network.
void add_requests(web::Server& server, Visitors& visitors) {
  // Answers POST of `path` with action(the network of the session that the body names, the rest of
  // the body).
  const auto post = [&](const std::string& path, auto action) {
    server.post(path, [&visitors, action](const web::Request& request) {
      Json body = request.body;
      const auto live = visitors.find(take_session(body));
      return action(*live, std::move(body));
    });
  };
  server.post("/api/open", [&](const web::Request& request) {
    auto live = std::make_shared<LivePlayground>(Playground(recipe_from_json(request.body)));
    const Json scene = live->look([](const Playground& p) { return p.scene_json(); });
    return web::Reply{{{"session", visitors.open(live)}, {"scene", scene}}};
  });
  post("/api/reset", [](LivePlayground& live, Json body) {
    const Recipe recipe = recipe_from_json(take(body, "recipe"));
    bool running = false;
    Settings settings;
    settings.add("running", &running, "");
    settings.apply(body, "reset");
    return web::Reply{{{"scene", live.use([&](Playground& p) {
                          p.reset(recipe, running);
                          return p.scene_json();
                        })}}};
  });
  post("/api/run", [](LivePlayground& live, const Json& body) {
    bool running = false;
    double speed = 0;
    Settings settings;
    settings.add("running", &running, "");
    settings.add("speed", &speed, "").range(0, 1e6);
    require(body.size() == 2, "run: wanted session, running and speed");
    settings.apply(body, "run");
    live.use([&](Playground& p) { p.run(running, speed); });
    return web::Reply{};
  });
  post("/api/step", [](LivePlayground& live, const Json& body) {
    int64_t steps = 1;
    Settings settings;
    settings.add("steps", &steps, "").range(1, 10'000);
    settings.apply(body, "step");
    live.use([&](Playground& p) { p.step(steps); });
    return web::Reply{};
  });
  post("/api/change", [](LivePlayground& live, Json body) {
    const Json name = take(body, "name"), value = take(body, "value");
    require(name.is_string() && body.empty(), "change: wanted session, name and value");
    live.use([&](Playground& p) { p.change(name.get<std::string>(), value); });
    return web::Reply{};
  });
  server.post("/api/close", [&](const web::Request& request) {
    Json body = request.body;
    if (const auto live = visitors.close(take_session(body))) live->end_watch();
    return web::Reply{};
  });
  server.get("/api/recipe", [&](const web::Request& request) {
    const auto live = visitors.find(session_of(request));
    return web::Reply{live->look([](const Playground& p) { return to_json(p.recipe()); })};
  });
  server.get("/api/network", [&](const web::Request& request) {
    const auto live = visitors.find(session_of(request));
    return web::Reply{live->look([](const Playground& p) { return to_json(p.network()); }),
                      "week01-network.json"};
  });
  server.stream("/api/watch", [&](const web::Request& request) -> web::Server::Stream {
    return [live = visitors.find(session_of(request))](web::EventStream& out) { live->watch(out); };
  });
}

// Requests that answer from nothing but their body.
void add_questions(web::Server& server) {
  server.post("/api/points", [](const web::Request& request) {
    Json body = request.body;
    const Json csv = take(body, "csv");
    require(csv.is_string() && body.empty(), "points: wanted csv, a text");
    return web::Reply{points_from_csv(csv.get<std::string>())};
  });
  server.get("/api/activations",
             [](const web::Request&) { return web::Reply{activation_curves()}; });
  server.post("/api/depth", [](const web::Request& request) {
    DepthConfig config;
    Settings settings;
    settings.add("depth", &config.depth, "").range(1, 50);
    settings.add("width", &config.width, "").range(1, 128);
    settings.add("init", &config.init, "").one_of(init_names());
    settings.add("seed", &config.seed, "").range(0, 2147483647);
    settings.apply(request.body, "depth");
    return web::Reply{gradient_through_depth(config)};
  });
}

}  // namespace

void describe(Settings& s, ServeConfig& c) { web::describe(s, c.address); }

void serve(const ServeConfig& config, const common::base::RunConfig&) {
  at::set_num_threads(1);  // a thread for each visitor; their networks are too small to share out
  Visitors visitors(/*most=*/64, /*idle=*/std::chrono::minutes(10));
  web::Server server;
  web::add_assets(server, assets::assets());
  add_requests(server, visitors);
  add_questions(server);
  web::serve_page(server, config.address, "the playground");
}

}  // namespace week01
