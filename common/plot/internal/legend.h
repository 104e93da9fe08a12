// Legends: what each mark means, in a box or in a row. Internal to common/plot.
#pragma once

#include <string>
#include <vector>

#include "common/plot/internal/canvas.h"

namespace common::plot::internal {

/// How an item is marked.
enum class Mark { kLine, kDashes, kPoint, kLineAndPoint, kDisc, kDiamond, kSwatch };

struct LegendItem {
  std::string name;
  Colour colour;
  Mark mark = Mark::kLine;
};

/// A point of the data in a decision map: white-rimmed disc, or diamond with a dark rim.
void draw_disc(Canvas& canvas, Point centre, double radius, Colour colour);
void draw_diamond(Canvas& canvas, Point centre, double radius, Colour colour);

/// A straight line of dashes; `phase` is how far into the pattern it starts, and is moved on.
void draw_dashes(Canvas& canvas, Point a, Point b, Colour colour, double width, double& phase);

/// Items one below the other, made to fit: names are cut, and items that find no room are counted
/// in a last line "and 7 more".
struct LegendBox {
  std::vector<LegendItem> items;
  std::string more;
  double size = 0;  // of the text
  double width = 0;
  double height = 0;
};
LegendBox layout_legend(const std::vector<LegendItem>& items, double size, double most_width,
                        double most_height);
void draw_legend(Canvas& canvas, const LegendBox& legend, Point corner);

/// Items side by side, wrapped into lines and centred.
struct LegendRows {
  std::vector<std::vector<LegendItem>> rows;
  double size = 0;
  double height = 0;
};
LegendRows layout_rows(const std::vector<LegendItem>& items, double size, double width);
void draw_rows(Canvas& canvas, const LegendRows& legend, Point top_centre);

}  // namespace common::plot::internal
