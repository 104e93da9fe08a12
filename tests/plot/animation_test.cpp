// Animations: decoded again by libwebp, frame by frame.
#include "common/plot/animation.h"

#include <gtest/gtest.h>
#include <webp/demux.h>

#include <filesystem>
#include <memory>
#include <vector>

#include "common/base/files.h"
#include "tests/plot/pixels.h"

namespace {

using namespace common::plot;
using namespace plot_test;

struct Decoded {
  WebPAnimInfo info{};
  std::vector<Picture> frames;
  std::vector<int> durations_ms;
};

Decoded decode(const std::string& bytes) {
  const WebPData data{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()};
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(
      WebPAnimDecoderNew(&data, nullptr), &WebPAnimDecoderDelete);
  Decoded result;
  if (!decoder) return result;
  WebPAnimDecoderGetInfo(decoder.get(), &result.info);
  int before_ms = 0;
  while (WebPAnimDecoderHasMoreFrames(decoder.get()) != 0) {
    uint8_t* rgba = nullptr;
    int end_ms = 0;
    if (WebPAnimDecoderGetNext(decoder.get(), &rgba, &end_ms) == 0) break;
    Picture frame{result.info.canvas_width, result.info.canvas_height, {}};
    for (int64_t i = 0; i < frame.width * frame.height; ++i) {
      frame.rgb.insert(frame.rgb.end(), rgba + 4 * i, rgba + 4 * i + 3);
    }
    result.frames.push_back(std::move(frame));
    result.durations_ms.push_back(end_ms - before_ms);
    before_ms = end_ms;
  }
  return result;
}

// A red bar that moves to the right on blue.
Picture moving(int64_t step) {
  Picture picture = filled(40, 30, {0, 114, 178});
  for (int64_t y = 5; y < 25; ++y) {
    for (int64_t x = 4 * step; x < 4 * step + 3; ++x) {
      picture.rgb[static_cast<std::size_t>((y * 40 + x) * 3)] = 213;
    }
  }
  return picture;
}

TEST(Animation, DecodesToTheSameFramesSizesAndTimes) {
  Animation animation;
  const std::vector<int> times_ms = {80, 120, 40, 1500};
  for (int64_t i = 0; i < 4; ++i) animation.add(moving(i), times_ms[i]);
  EXPECT_EQ(animation.frames(), 4);
  const Decoded again = decode(animation.encode());
  ASSERT_EQ(again.frames.size(), 4u);
  EXPECT_EQ(again.info.canvas_width, 40u);
  EXPECT_EQ(again.info.canvas_height, 30u);
  EXPECT_EQ(again.info.loop_count, 0u);
  EXPECT_EQ(again.durations_ms, times_ms);
  for (int64_t i = 0; i < 4; ++i) EXPECT_EQ(again.frames[i].rgb, moving(i).rgb) << i;
}

TEST(Animation, LoopsAsOftenAsAsked) {
  Animation animation({.loops = 3});
  animation.add(moving(0), 10);
  animation.add(moving(1), 10);
  EXPECT_EQ(decode(animation.encode()).info.loop_count, 3u);
}

TEST(Animation, LossyFramesLookAlike) {
  Animation animation({.lossless = false, .quality = 95});
  animation.add(filled(64, 64, {200, 100, 50}), 100);
  animation.add(filled(64, 64, {50, 100, 200}), 100);
  const Decoded again = decode(animation.encode());
  ASSERT_EQ(again.frames.size(), 2u);
  EXPECT_TRUE(near(at(again.frames[0], 32, 32), {200, 100, 50}, 12));
  EXPECT_TRUE(near(at(again.frames[1], 32, 32), {50, 100, 200}, 12));
}

TEST(Animation, EqualFramesKeepTheirTimeTogether) {
  Animation animation;
  animation.add(moving(0), 100);
  animation.add(moving(0), 200);
  animation.add(moving(1), 300);
  int sum_ms = 0;
  for (const int ms : decode(animation.encode()).durations_ms) sum_ms += ms;
  EXPECT_EQ(sum_ms, 600);
}

TEST(Animation, OneFrameIsEnough) {
  Animation animation;
  animation.add(moving(2), 50);
  const std::string bytes = animation.encode();
  const Decoded again = decode(bytes);
  ASSERT_EQ(again.frames.size(), 1u);
  EXPECT_EQ(again.frames[0].rgb, moving(2).rgb);
}

TEST(Animation, IsWrittenWholeOrNotAtAll) {
  const TempFolder folder;
  Animation animation;
  animation.add(moving(0), 50);
  animation.add(moving(1), 50);
  animation.save(folder.path() / "a.webp");
  EXPECT_EQ(decode(common::base::read_file(folder.path() / "a.webp")).frames.size(), 2u);
  Animation lost;
  lost.add(moving(0), 50);
  expect_error("none/a.webp", [&] { lost.save(folder.path() / "none/a.webp"); });
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(Animation, WhatDoesNotFitIsRefused) {
  expect_error("no frames", [] { Animation().encode(); });
  expect_error("quality", [] { Animation({.quality = 101}); });
  expect_error("loops", [] { Animation({.loops = -1}); });
  Animation animation;
  expect_error("0 x 0", [&] { animation.add({}, 10); });
  animation.add(moving(0), 10);
  expect_error("20 x 20", [&] { animation.add(filled(20, 20, kWhite), 10); });
  expect_error("0 ms", [&] { animation.add(moving(0), 0); });
  animation.encode();
  expect_error("was saved", [&] { animation.add(moving(0), 10); });
  expect_error("no frames to save", [&] { animation.encode(); });
}

}  // namespace
