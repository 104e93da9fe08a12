// The palette and the two colour maps, by linear interpolation between published anchors.
#include "common/plot/colours.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace common::plot {
namespace {

constexpr Colour kMissing{160, 160, 160};

// Okabe and Ito's eight, those that stand out on white first.
constexpr std::array<Colour, kPaletteSize> kPalette{{{0, 114, 178},
                                                     {213, 94, 0},
                                                     {0, 158, 115},
                                                     {204, 121, 167},
                                                     {230, 159, 0},
                                                     {86, 180, 233},
                                                     {0, 0, 0},
                                                     {240, 228, 66}}};

constexpr std::array<Colour, 16> kViridis{{{68, 1, 84},
                                           {72, 26, 108},
                                           {71, 47, 125},
                                           {65, 68, 135},
                                           {57, 86, 140},
                                           {49, 104, 142},
                                           {42, 120, 142},
                                           {35, 136, 142},
                                           {31, 152, 139},
                                           {34, 168, 132},
                                           {53, 183, 121},
                                           {84, 197, 104},
                                           {122, 209, 81},
                                           {165, 219, 54},
                                           {210, 226, 27},
                                           {253, 231, 37}}};

constexpr std::array<Colour, 11> kRdBuReversed{{{5, 48, 97},
                                                {33, 102, 172},
                                                {67, 147, 195},
                                                {146, 197, 222},
                                                {209, 229, 240},
                                                {255, 255, 255},
                                                {253, 219, 199},
                                                {244, 165, 130},
                                                {214, 96, 77},
                                                {178, 24, 43},
                                                {103, 0, 31}}};

constexpr std::array<Colour, 9> kBlues{{{255, 255, 255},
                                        {222, 235, 247},
                                        {198, 219, 239},
                                        {158, 202, 225},
                                        {107, 174, 214},
                                        {66, 146, 198},
                                        {33, 113, 181},
                                        {8, 81, 156},
                                        {8, 48, 107}}};

template <std::size_t N>
Colour between(const std::array<Colour, N>& anchors, double amount) {
  if (std::isnan(amount)) return kMissing;
  const double place = std::clamp(amount, 0.0, 1.0) * static_cast<double>(N - 1);
  const auto below = std::min(static_cast<std::size_t>(place), N - 2);
  return mix(anchors[below], anchors[below + 1], place - static_cast<double>(below));
}

// Relative luminance wants light, which sRGB codes as a power of about 2.4.
double light(uint8_t code) {
  const double c = code / 255.0;
  return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

}  // namespace

Colour palette(int64_t index) { return kPalette[std::max<int64_t>(index, 0) % kPaletteSize]; }

Colour shade(double amount) { return between(kBlues, amount); }

Colour sequential(double amount) { return between(kViridis, amount); }

Colour diverging(double amount) { return between(kRdBuReversed, 0.5 + 0.5 * amount); }

Colour mix(Colour a, Colour b, double share) {
  const double s = std::clamp(share, 0.0, 1.0);
  const auto blend = [s](uint8_t from, uint8_t to) {
    return static_cast<uint8_t>(std::lround(from + s * (to - from)));
  };
  return {blend(a.r, b.r), blend(a.g, b.g), blend(a.b, b.b)};
}

double luminance(Colour colour) {
  return 0.2126 * light(colour.r) + 0.7152 * light(colour.g) + 0.0722 * light(colour.b);
}

Colour readable_on(Colour background) {
  // Contrast is (brighter + 0.05) / (darker + 0.05); white and black tie at luminance 0.179.
  return luminance(background) > 0.179 ? Colour{0, 0, 0} : Colour{255, 255, 255};
}

}  // namespace common::plot
