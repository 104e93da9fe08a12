// Pictures: PNG there and back, files, tiling.
#include "common/plot/picture.h"

#include <gtest/gtest.h>

#include <iterator>
#include <opencv2/imgcodecs.hpp>

#include "common/base/files.h"
#include "tests/plot/pixels.h"

namespace {

using namespace common::plot;
using namespace plot_test;

constexpr Colour kBlue{0, 114, 178};
constexpr Colour kGreen{0, 158, 115};

TEST(Picture, PngDecodesToTheSamePixels) {
  Picture picture{3, 2, {255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3, 40, 50, 60, 255, 255, 255}};
  const Picture again = decode_image(encode_png(picture), "test");
  EXPECT_EQ(again.width, 3);
  EXPECT_EQ(again.height, 2);
  EXPECT_EQ(again.rgb, picture.rgb);
}

TEST(Picture, SavedFileIsThePngAndLeavesNothingBeside) {
  const TempFolder folder;
  const Picture picture = filled(5, 4, kBlue);
  save_png(picture, folder.path() / "p.png");
  const std::string bytes = common::base::read_file(folder.path() / "p.png");
  EXPECT_EQ(decode_image(bytes, "p.png").rgb, picture.rgb);
  const std::filesystem::directory_iterator files(folder.path());
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST(Picture, SavingIntoAMissingFolderIsAnErrorThatNamesTheFile) {
  const TempFolder folder;
  expect_error("none/p.png", [&] { save_png(filled(2, 2, kBlue), folder.path() / "none/p.png"); });
}

TEST(Picture, EmptyOrTornPicturesAreRefused) {
  expect_error("empty", [] { encode_png({}); });
  expect_error("2 x 2", [] { encode_png({2, 2, {1, 2, 3}}); });
}

TEST(Picture, BytesThatAreNoImageAreRefusedByName) {
  expect_error("digits.png", [] { decode_image("", "digits.png"); });
  expect_error("digits.png", [] { decode_image("GIF89a, or not", "digits.png"); });
  const std::string whole = encode_png(filled(50, 50, kBlue));
  expect_error("digits.png", [&] { decode_image(whole.substr(0, 20), "digits.png"); });
}

std::string encoded(const char* format, int width, int height,
                    const std::vector<int>& options = {}) {
  const cv::Mat3b image(height, width, cv::Vec3b(kGreen.b, kGreen.g, kGreen.r));
  std::vector<uint8_t> bytes;
  cv::imencode(format, image, bytes, options);
  return {bytes.begin(), bytes.end()};
}

TEST(Picture, PngJpegAndWebpAreDecoded) {
  for (const std::string& bytes :
       {encoded(".png", 37, 21), encoded(".jpg", 37, 21),
        encoded(".jpg", 37, 21, {cv::IMWRITE_JPEG_PROGRESSIVE, 1}),
        encoded(".webp", 37, 21, {cv::IMWRITE_WEBP_QUALITY, 80}),      // lossy: VP8
        encoded(".webp", 37, 21, {cv::IMWRITE_WEBP_QUALITY, 101})}) {  // lossless: VP8L
    const Picture picture = decode_image(bytes, "test");
    EXPECT_EQ(picture.width, 37);
    EXPECT_EQ(picture.height, 21);
    EXPECT_NEAR(picture.rgb[0], kGreen.r, 8);
    EXPECT_NEAR(picture.rgb[1], kGreen.g, 8);
    EXPECT_NEAR(picture.rgb[2], kGreen.b, 8);
    expect_error("more than 700", [&] { decode_image(bytes, "test", /*most_pixels=*/700); });
    for (size_t end = 0; end < bytes.size(); end += 7) {  // cut short: refused, or what there is
      try {
        decode_image(bytes.substr(0, end), "test");
      } catch (const common::base::Error&) {
      }
    }
  }
}

TEST(Picture, ASizeIsNotBelieved) {
  std::string png = encoded(".png", 3, 3);
  png.replace(16, 8, std::string("\x7F\xFF\xFF\xFF\x7F\xFF\xFF\xFF", 8));  // 2^31 - 1 each
  expect_error("2147483647 x 2147483647", [&] { decode_image(png, "bomb.png"); });
  png.replace(16, 8, std::string("\xFF\x00\xFF\xFF\xFF\xFF\x00\x00", 8));  // over 2^63 together
  expect_error("4278255615 x 4294901760", [&] { decode_image(png, "bomb.png"); });
  png.replace(16, 8, std::string(8, '\0'));
  expect_error("bomb.png", [&] { decode_image(png, "bomb.png"); });
}

TEST(Picture, ASizeBehindAReservedMarkerIsNotBelieved) {  // a decoder may take no length of it
  const std::string header("\xFF\xC0\0\x11\x08\0\1\0\1\3", 10);  // of 1 x 1 pixels
  for (const char marker : {'\0', '\2'}) {
    const std::string hiding{'\xFF', marker, '\0', '\2'};
    expect_error("no picture", [&] { decode_image("\xFF\xD8" + hiding + header, "bomb.jpg"); });
  }
}

TEST(Picture, AJpegOfManyScansIsRefused) {  // each may cost a pass over all pixels
  const std::string scan("\xFF\xDA\0\2", 4);
  std::string scans;
  for (int i = 0; i < 201; ++i) scans += scan;
  const auto jpeg = [](const std::string& rest) { return "\xFF\xD8" + rest; };
  expect_error("a JPEG of 201 scans", [&] { decode_image(jpeg(scans), "bomb.jpg"); });
  // A decoder that looks for the next restart takes no length from reserved markers.
  const std::string hiding("\xFF\x02\xFE\0", 4);
  expect_error("a JPEG of 201 scans", [&] { decode_image(jpeg(hiding + scans), "bomb.jpg"); });
  // 200 go on to what follows, to which they are no picture.
  const std::string fewer = scans.substr(scan.size());
  expect_error("no picture", [&] { decode_image(jpeg(fewer), "bomb.jpg"); });
  const std::string image = encoded(".jpg", 40, 30);  // after the image's end these are no scans
  EXPECT_EQ(decode_image(image + scans, "test").rgb, decode_image(image, "test").rgb);
}

TEST(Picture, OtherFormatsThatOpenCvKnowsAreRefused) {
  for (const char* format : {".bmp", ".ppm", ".tiff"}) {
    std::string bytes;
    try {
      bytes = encoded(format, 9, 9);
    } catch (const cv::Exception&) {
      continue;  // not in this build of OpenCV
    }
    expect_error("wanted PNG, JPEG or WebP", [&] { decode_image(bytes, "test"); });
  }
}

TEST(Tile, PicturesStandSideBySideWithTheirPixelsUnchanged) {
  const std::vector<Picture> two = {filled(30, 20, kBlue), filled(10, 20, kGreen)};
  const Picture both = tile(two, {.gap = 8});
  EXPECT_EQ(both.width, 8 + 30 + 8 + 30 + 8);
  EXPECT_EQ(both.height, 8 + 20 + 8);
  EXPECT_EQ(count(both, kBlue), 30 * 20);
  EXPECT_EQ(count(both, kBlue, {8, 8, 38, 28}), 30 * 20);
  EXPECT_EQ(count(both, kGreen, {56, 8, 66, 28}), 10 * 20);  // centred in its cell
  EXPECT_EQ(count(both, kWhite), both.width * both.height - 30 * 20 - 10 * 20);
}

TEST(Tile, RowsFollowTheColumnsAsked) {
  const std::vector<Picture> five(5, filled(20, 10, kBlue));
  const Picture grid = tile(five, {.columns = 2, .gap = 4});
  EXPECT_EQ(grid.width, 4 + 2 * 24);
  EXPECT_EQ(grid.height, 4 + 3 * 14);
  EXPECT_EQ(count(grid, kBlue), 5 * 20 * 10);
  EXPECT_EQ(tile(five, {.gap = 4}).width, 4 + 3 * 24);  // nearly square where nothing is asked
}

TEST(Tile, CaptionsStandUnderTheirPicturesAndTheTitleAboveAll) {
  const std::vector<Picture> two(2, filled(80, 40, kBlue));
  const Picture plain = tile(two);
  const Picture named = tile(two, {.title = "T", .captions = {"epoch 1", ""}});
  EXPECT_GT(named.height, plain.height + 20);
  const int64_t ink_below_first =
      96 * 30 - count(named, kWhite, {16, named.height - 30, 96, named.height}, 9) -
      count(named, kBlue, {16, named.height - 30, 96, named.height});
  EXPECT_GT(ink_below_first, 0);
  EXPECT_EQ(count(named, kBlue), 2 * 80 * 40);
  const Area below_second{112, named.height - 20, 192, named.height};
  EXPECT_EQ(count(named, kWhite, below_second), 80 * 20);
  EXPECT_LT(count(named, kWhite, {0, 10, named.width, 32}), named.width * 22);  // the title
  expect_white_edge(named);
}

TEST(Tile, NothingAndWrongCaptionsAreRefused) {
  expect_error("no pictures", [] { tile({}); });
  const std::vector<Picture> two(2, filled(8, 4, kBlue));
  expect_error("1 captions for 2", [&] { tile(two, {.captions = {"one"}}); });
  expect_error("empty", [] { tile(std::vector<Picture>(1)); });
}

}  // namespace
