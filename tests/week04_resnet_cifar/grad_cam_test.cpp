// Grad-CAM: the heat lies where a class is to be seen.
#include "week04_resnet_cifar/grad_cam.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace {
using namespace week04;
using at::Tensor;

// A network whose classes are the colours: logit k is the mean of channel k of the image.
Network colour_network() {
  Network network;
  network.name = "colours";
  network.classes = 3;
  network.module = std::make_shared<torch::nn::Module>();
  network.stages = [](const Tensor& x) {
    const Tensor first = at::avg_pool2d(x, 2), second = at::avg_pool2d(first, 2);
    return std::vector<Tensor>{first, second, at::avg_pool2d(second, 4)};  // 16, 8, 2 of 32
  };
  network.classify = [](const Tensor& maps) { return maps.mean({2, 3}); };
  return network;
}

TEST(GradCam, IsHotWhereTheClassIs) {
  const Network network = colour_network();
  Tensor x = at::zeros({2, 3, 32, 32});
  x[0][0].slice(0, 0, 16).slice(1, 0, 16).fill_(1);    // red, top left
  x[0][2].slice(0, 16, 32).slice(1, 16, 32).fill_(1);  // blue, bottom right
  x[1][1].slice(0, 0, 16).fill_(1);                    // green, top
  const Tensor heat = grad_cam(network, x, at::tensor({2, 1}), /*stage=*/1);
  EXPECT_EQ(heat.sizes(), (at::IntArrayRef{2, 32, 32}));
  EXPECT_NEAR(heat[0][24][24].item<float>(), 1, 1e-6);
  EXPECT_NEAR(heat[0][4][4].item<float>(), 0, 1e-6);
  EXPECT_NEAR(heat[1][4][16].item<float>(), 1, 1e-6);
  EXPECT_NEAR(heat[1][28][16].item<float>(), 0, 1e-6);
}

TEST(GradCam, OfNothingIsZeroAndFinite) {
  const Tensor heat =
      grad_cam(colour_network(), at::zeros({1, 3, 32, 32}), at::tensor({0}), /*stage=*/1);
  EXPECT_TRUE(heat.eq(0).all().item<bool>());
}

TEST(GradCam, WorksWithoutGradientsAroundIt) {
  const at::NoGradGuard no_grad;
  const Tensor heat =
      grad_cam(colour_network(), at::ones({1, 3, 32, 32}), at::tensor({0}), /*stage=*/0);
  EXPECT_NEAR(heat.max().item<float>(), 1, 1e-6);
}

TEST(GradCam, LooksAtTheLastStageOfFourByFourOrMore) {
  EXPECT_EQ(stage_to_look_at(colour_network(), at::zeros({1, 3, 32, 32})), 1U);
}

TEST(GradCam, BlanksTheHottestPixels) {
  const Tensor x = at::ones({1, 3, 4, 4});
  const Tensor heat = at::arange(16, at::kFloat).view({1, 4, 4});
  const Tensor without = without_hottest(x, heat, 0.25);
  EXPECT_TRUE(without[0][1].slice(0, 0, 3).eq(1).all().item<bool>());
  EXPECT_TRUE(without[0][1][3].eq(0).all().item<bool>());
  EXPECT_TRUE(x.eq(1).all().item<bool>());
}

TEST(GradCam, OverlayLeavesColdPixelsAsTheyAre) {
  const Tensor pixels = at::full({1, 3, 2, 2}, 100, at::kByte);
  Tensor heat = at::zeros({1, 2, 2});
  heat[0][1][1] = 1;
  const Tensor shown = overlay(pixels, heat);
  EXPECT_TRUE(shown.slice(2, 0, 1).eq(100).all().item<bool>());
  EXPECT_GT(shown[0][0][1][1].item<int>(), 150);  // yellow
  EXPECT_LT(shown[0][2][1][1].item<int>(), 100);
}

}  // namespace
