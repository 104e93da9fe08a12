// The stroke font: ASCII in, widths, fitting, drawing.
#include "common/plot/internal/font.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <opencv2/imgproc.hpp>

#include "common/plot/internal/canvas.h"

namespace common::plot::internal {
namespace {

constexpr int kFont = cv::FONT_HERSHEY_SIMPLEX;
constexpr double kCapitals = 0.70;    // height of capitals as a share of the size
constexpr double kSpace = 0.34;       // width of a space, likewise
constexpr double kCapitalUnits = 21;  // the same in the font's own units, at its scale 1

double font_scale(double size) { return size * kCapitals / kCapitalUnits; }

int stroke(double size, bool bold) {
  return std::max(1, static_cast<int>(std::lround(size * (bold ? 0.125 : 0.09))));
}

// The font's own space is as wide as an n; words stand better with less.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words{""};
  for (const char c : text) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

double word_width(const std::string& word, double size, bool bold) {
  if (word.empty()) return 0;
  const double magnified = 16 * size;  // because OpenCV rounds to whole pixels
  int base_line = 0;
  const cv::Size extent =
      cv::getTextSize(word, kFont, font_scale(magnified), stroke(magnified, bold), &base_line);
  return extent.width / 16.0;
}

double width_of(const std::string& text, double size, bool bold) {
  const std::vector<std::string> words = words_of(text);
  double width = kSpace * size * static_cast<double>(words.size() - 1);
  for (const std::string& word : words) width += word_width(word, size, bold);
  return width;
}

// Reads one character of UTF-8 at `at` and moves on; a broken one is one byte long.
char32_t next_character(const std::string& text, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
  };
  const uint8_t first = byte(at++);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
  char32_t code = more == 3 ? first & 0x07u : more == 2 ? first & 0x0Fu : first & 0x1Fu;
  for (int i = 0; i < more; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return U'\uFFFD';
    code = code << 6 | (byte(at + i) & 0x3Fu);
  }
  at += more;
  return more == 0 ? U'\uFFFD' : code;
}

std::string nearest_ascii(char32_t code) {
  static const std::map<char32_t, std::string> kNearest{
      {0xA0, " "},    {0xB0, " deg"},  {0xB1, "+-"},     {0xB2, "^2"},    {0xB3, "^3"},
      {0xB5, "u"},    {0xB7, "*"},     {0xD7, "x"},      {0xDF, "ss"},    {0xC6, "AE"},
      {0xE6, "ae"},   {0xD8, "O"},     {0xF8, "o"},      {0x2010, "-"},   {0x2011, "-"},
      {0x2012, "-"},  {0x2013, "-"},   {0x2014, "-"},    {0x2018, "'"},   {0x2019, "'"},
      {0x201C, "\""}, {0x201D, "\""},  {0x2026, "..."},  {0x2192, "->"},  {0x2212, "-"},
      {0x2264, "<="}, {0x2265, ">="},  {0x3B1, "alpha"}, {0x3B2, "beta"}, {0x3BB, "lambda"},
      {0x3BC, "mu"},  {0x3C3, "sigma"}};
  // The letters of U+00C0 to U+00FF without their accents; '?' where there is none.
  static const std::string kLatin1 =
      "AAAAAA?CEEEEIIIIDNOOOOO??UUUUY??aaaaaa?ceeeeiiiidnooooo??uuuuy?y";
  const auto found = kNearest.find(code);
  if (found != kNearest.end()) return found->second;
  if (code >= 0xC0 && code <= 0xFF) return std::string(1, kLatin1[code - 0xC0]);
  return "?";
}

// Splits at spaces so that each line is at most `width` wide; a longer word stands alone.
std::vector<std::string> wrap(const std::string& text, double size, double width, bool bold) {
  std::vector<std::string> lines{""};
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    const std::string longer = lines.back().empty() ? word : lines.back() + ' ' + word;
    if (lines.back().empty() || text_width(longer, size, bold) <= width) {
      lines.back() = longer;
    } else {
      lines.push_back(word);
    }
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::string ascii(const std::string& text) {
  std::string result;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t code = next_character(text, at);
    if (code >= 0x20 && code < 0x7F) {
      result += static_cast<char>(code);
    } else if (code < 0x20) {
      result += ' ';
    } else {
      result += nearest_ascii(code);
    }
  }
  return result;
}

double text_width(const std::string& text, double size, bool bold) {
  return width_of(ascii(text), size, bold);
}

void draw_text(cv::Mat3b& pixels, cv::Point2d left_middle, const std::string& text, double size,
               const cv::Scalar& colour, bool bold) {
  const int base_line = static_cast<int>(std::lround(left_middle.y + size * kCapitals / 2));
  double x = left_middle.x;
  for (const std::string& word : words_of(ascii(text))) {
    cv::putText(pixels, word, {static_cast<int>(std::lround(x)), base_line}, kFont,
                font_scale(size), colour, stroke(size, bold), cv::LINE_AA);
    x += word_width(word, size, bold) + kSpace * size;
  }
}

std::string cut_text(const std::string& text, double size, double width, bool bold) {
  if (text_width(text, size, bold) <= width) return text;
  std::size_t low = 0;  // so many characters fit
  std::size_t high = text.size();
  while (low + 1 < high) {
    const std::size_t middle = (low + high) / 2;
    (text_width(text.substr(0, middle) + "...", size, bold) <= width ? low : high) = middle;
  }
  return text.substr(0, low) + "...";
}

FittedText fit_text(const std::string& text, double size, double width, int most_lines, bool bold) {
  const std::string plain = ascii(text);
  if (plain.find_first_not_of(' ') == std::string::npos) return {};
  const double wide = text_width(plain, size, bold);
  if (wide <= width) return {{plain}, size};
  const double smallest = 0.8 * size;
  if (wide * 0.8 <= width) return {{plain}, size * width / wide * 0.995};
  std::vector<std::string> lines = wrap(plain, smallest, width, bold);
  while (static_cast<int>(lines.size()) > most_lines) {
    const std::string last = lines.back();
    lines.pop_back();
    lines.back() += ' ' + last;
  }
  for (std::string& line : lines) line = cut_text(line, smallest, width, bold);
  return {lines, smallest};
}

}  // namespace common::plot::internal
