// The page's network is the week's own: it trains as `train` does, and its recipe brings it back.
#include "week01_mlp_xor/playground.h"

#include <gtest/gtest.h>

#include <cmath>

#include "common/base/base64.h"
#include "common/base/error.h"

namespace {
using namespace week01;
using common::base::Error;
using common::base::Json;
using torch::Tensor;

Recipe spirals() {
  Recipe recipe;
  recipe.config.data = "spirals";
  recipe.config.hidden = {8, 8, 8};
  recipe.config.activation = "tanh";
  recipe.config.batch_size = 32;
  recipe.config.lr = 0.01;
  recipe.seed = 3;
  return recipe;
}

void catch_up(Playground& playground) {
  while (playground.catching_up()) playground.advance();
}

const Tensor& weights(const Playground& playground) {
  return playground.learner().mlp.parameters.flat;
}

TEST(Playground, TrainsAsTheTrainingLoopDoes) {
  const c10::InferenceMode no_autograd;
  Recipe recipe = spirals();
  Playground playground(recipe);
  const int64_t per_epoch = (recipe.config.points + 31) / 32;
  playground.step(20 * per_epoch);
  catch_up(playground);
  Config config = recipe.config;
  config.epochs = 20;
  const Problem problem = load_problem(config, "", 3);
  Learner learner = make_learner(config, problem, 3);
  learn(learner, config, problem.train, loss_of(config, 2), 3, [](const Learner&) { return true; });
  EXPECT_TRUE(torch::equal(weights(playground), learner.mlp.parameters.flat));
  EXPECT_EQ(playground.learner().epoch, 20);
}

// A link carries the recipe as JSON: settings, what was changed and when, and how far.
TEST(Playground, ARecipeReproducesToTheBit) {
  Playground playground(spirals());
  playground.step(33);
  catch_up(playground);
  playground.change("lr", 0.002);
  playground.change("batch-size", 10);
  playground.step(50);
  catch_up(playground);
  playground.change("optimizer", "momentum");
  playground.change("l2", 0.01);
  playground.step(41);
  catch_up(playground);
  playground.change("lr", 0.001);  // after the last step
  const Json link = Json::parse(to_json(playground.recipe()).dump());
  Playground again(recipe_from_json(link));
  catch_up(again);
  EXPECT_TRUE(torch::equal(weights(again), weights(playground)));
  EXPECT_EQ(again.learner().epoch, playground.learner().epoch);
  EXPECT_EQ(to_json(again.recipe()), to_json(playground.recipe()));
  EXPECT_EQ(Json::parse(again.frame())["lr"], 0.001);
  // And both go on alike.
  again.step(30);
  playground.step(30);
  catch_up(again);
  catch_up(playground);
  EXPECT_TRUE(torch::equal(weights(again), weights(playground)));
}

TEST(Playground, AnExportedNetworkGivesTheSameOutputs) {
  Recipe recipe = spirals();
  recipe.config.data = "own";
  for (int64_t i = 0; i < 40; ++i) {
    const auto t = static_cast<double>(i);
    recipe.own.push_back({100 + t, std::sin(t), i % 2});
  }
  Playground playground(recipe);
  playground.step(100);
  catch_up(playground);
  const Json saved = Json::parse(to_json(playground.network()).dump());
  const Json frame = Json::parse(playground.frame());

  Recipe with_start = spirals();
  with_start.config.data = "own";
  with_start.own = recipe.own;
  with_start.start = network_from_json(saved, "saved");
  Playground same(with_start);
  EXPECT_TRUE(torch::equal(weights(same), weights(playground)));
  const Json again = Json::parse(same.frame());
  for (const char* key : {"map", "units", "train_loss", "w", "g"}) {
    EXPECT_EQ(again[key], frame[key]) << key;
  }
}

// Points of another scale: the weights are converted, the answers stay.
TEST(Playground, ANetworkKeepsItsAnswersUnderAnotherScaling) {
  const c10::InferenceMode no_autograd;
  const Playground playground(spirals());
  const NetworkFile file = playground.network();
  const Scaling scaling{{3.0, -1.0}, {0.25, 4.0}};
  Mlp moved = playground.learner().mlp;
  moved.parameters = Parameters::zeros(moved.sizes);
  load_network(file, scaling, moved);
  const Tensor x = torch::randn({50, 2}, torch::kFloat64);
  const Tensor scaled = (x - torch::tensor({3.0, -1.0}, torch::kFloat64)) *
                        torch::tensor({0.25, 4.0}, torch::kFloat64);
  const Tensor difference = forward(moved, scaled).p - forward(playground.learner().mlp, x).p;
  EXPECT_LT(difference.abs().max().item<double>(), 1e-12);
}

TEST(Playground, AFrameHasWhatThePageDraws) {
  Playground playground(spirals());
  const Json scene = playground.scene_json(), frame = Json::parse(playground.frame());
  EXPECT_EQ(scene["train"].size(), 200u);
  EXPECT_EQ(scene["test"].size(), 200u);
  EXPECT_EQ(scene["sizes"], Json::parse("[2,8,8,8,1]"));
  EXPECT_EQ(scene["parameters"], 177);
  EXPECT_EQ(frame["map"].get<std::string>().size(), 72u * 72 / 3 * 4);
  EXPECT_EQ(frame["units"].get<std::string>().size(), 24u * 24 * 24 / 3 * 4);
  EXPECT_EQ(frame["unit_scale"].size(), 24u);
  EXPECT_EQ(frame["w"].get<std::string>().size(), 177u * 4 / 3 * 4);
  EXPECT_EQ(frame["of"], 200);
  EXPECT_EQ(frame["version"], scene["version"]);
}

// The bytes that the page should get, as text.
std::string text_of(const std::vector<double>& values) {
  std::string bytes;
  for (const double v : values) bytes += static_cast<char>(std::lround(v));
  return common::base::base64(bytes);
}

std::string text_of(const Tensor& flat) {
  const Tensor f = flat.to(torch::kFloat32);
  return common::base::base64({static_cast<const char*>(f.data_ptr()), f.nbytes()});
}

// A network whose maps are known: unit 0 is x1 where that is positive, unit 1 is x2, p follows x1.
TEST(Playground, MapsWeightsAndGradientsAreWhereThePageLooks) {
  const c10::InferenceMode no_autograd;
  NetworkFile file;
  file.sizes = {2, 2, 1};
  file.activation = Activation::kRelu;
  file.parameters = {1, 0, 0, 1, 0, 0, 4, 0, -1};  // w1 rows, b1, w2, b2
  Recipe recipe;                                   // xor: the plane is [-0.5, 1.5] both ways
  recipe.config.hidden = {2};
  recipe.config.activation = "relu";
  recipe.start = file;
  Playground playground(recipe);
  const Json frame = Json::parse(playground.frame());
  const auto centre = [](int cell, int cells) { return -0.5 + 2.0 * (cell + 0.5) / cells; };
  std::vector<double> map, units;
  for (int row = 0; row < 72; ++row) {
    for (int column = 0; column < 72; ++column) {
      map.push_back(255 / (1 + std::exp(1 - 4 * std::max(0.0, centre(column, 72)))));
    }
  }
  const double most = centre(23, 24);
  for (const bool of_x : {true, false}) {
    for (int row = 0; row < 24; ++row) {
      for (int column = 0; column < 24; ++column) {
        const double z = centre(of_x ? column : row, 24);
        units.push_back(128 + std::nearbyint(127 * std::max(0.0, z) / most));
      }
    }
  }
  EXPECT_EQ(frame["map"], text_of(map));
  EXPECT_EQ(frame["units"], text_of(units));
  EXPECT_NEAR(frame["unit_scale"][1].get<double>(), most, 1e-12);
  const Mlp& mlp = playground.learner().mlp;
  EXPECT_EQ(frame["w"], text_of(torch::tensor(file.parameters, torch::kFloat64)));
  Parameters gradient = Parameters::zeros(mlp.sizes);
  const Samples& train = playground.problem().train;
  backward(mlp, forward(mlp, train.x), targets(train.label, 1), Loss::kBinaryCrossEntropy, 0,
           gradient);
  EXPECT_EQ(frame["g"], text_of(gradient.flat));
}

TEST(Playground, ACountOfSamplesIsTheEpoch) {
  Recipe recipe = spirals();
  recipe.config.points = 100;
  recipe.config.batch_size = 1;
  Playground playground(recipe);
  for (int i = 0; i < 10; ++i) {
    playground.step(1);
    catch_up(playground);
    playground.change("batch-size", 2 - i % 2);
  }
  // Steps of 1, 2, 1, 2, ... points.
  EXPECT_NEAR(Json::parse(playground.frame())["epoch"].get<double>(), 15.0 / 100, 1e-12);
  const size_t changes = playground.recipe().changes.size();
  playground.change("batch-size", playground.recipe().changes.back().value);
  EXPECT_EQ(playground.recipe().changes.size(), changes) << "the value it has is no change";
}

TEST(Playground, FewPointsAndAShareHeldOutGoTogether) {
  Recipe recipe;
  recipe.config.data = "own";
  recipe.config.validation = 0.5;
  Playground playground(recipe);
  for (int n = 1; n <= 4; ++n) {
    recipe.own.push_back({0.05 * n, 0.02, n % 2});
    playground.reset(recipe, /*running=*/false);
    EXPECT_EQ(playground.problem().train.size() + playground.problem().test.size(), n);
    EXPECT_EQ(playground.scene_json()["x"], Json::parse("[-1.2,1.2]")) << n << " points";
  }
}

TEST(Playground, ResetKeepsWhatWasWhenTheRecipeCannotBe) {
  Playground playground(spirals());
  Recipe bad = spirals();
  bad.start = playground.network();
  bad.config.hidden = {3};
  EXPECT_THROW(playground.reset(bad, false), Error);
  EXPECT_EQ(playground.scene_json()["sizes"].size(), 5u);
  EXPECT_EQ(playground.scene_number(), 1u);
}

TEST(Playground, WithoutPointsThereIsAPlaneAndNoTraining) {
  Recipe recipe;
  recipe.config.data = "own";
  Playground playground(recipe);
  EXPECT_EQ(playground.scene_json()["x"], Json::parse("[-1.2,1.2]"));
  EXPECT_EQ(Json::parse(playground.frame())["train_loss"], nullptr);
  EXPECT_THROW(playground.run(true, 30), Error);
  EXPECT_THROW(playground.step(1), Error);
  recipe.own = {{0, 0, 0}};
  playground.reset(recipe, /*running=*/true);
  EXPECT_FALSE(playground.moving());
  recipe.own = {{0, 0, 0}, {0, 0, 1}};  // no spread at all
  playground.reset(recipe, /*running=*/true);
  playground.advance();
  EXPECT_NE(Json::parse(playground.frame())["train_loss"], nullptr);
}

TEST(Playground, ARunawayLearningRateStopsAndIsTold) {
  Recipe recipe = spirals();
  recipe.config.activation = "relu";
  recipe.config.optimizer = "sgd";
  recipe.config.l2 = 1;
  recipe.config.lr = 10;
  recipe.until = 5000;
  Playground playground(recipe);
  catch_up(playground);
  EXPECT_FALSE(playground.moving());
  const Json frame = Json::parse(playground.frame());
  ASSERT_TRUE(frame["error"].is_string()) << frame.dump().substr(0, 300);
  EXPECT_NE(frame["error"].get<std::string>().find("smaller learning rate"), std::string::npos);
  EXPECT_THROW(playground.step(1), Error);
  EXPECT_THROW(playground.network(), Error);
  playground.reset(spirals(), false);
  EXPECT_EQ(Json::parse(playground.frame())["error"], nullptr);
}

TEST(Playground, SpeedAndPauseAreWhatWasAsked) {
  Playground playground(spirals());
  EXPECT_FALSE(playground.moving());
  playground.run(true, 300);
  EXPECT_TRUE(playground.moving());
  EXPECT_EQ(playground.rate(), 300);
  playground.run(false, 300);
  EXPECT_FALSE(playground.moving());
  playground.step(2);
  catch_up(playground);
  EXPECT_FALSE(playground.moving());
  EXPECT_EQ(Json::parse(playground.frame())["step"], 2);
}

}  // namespace
