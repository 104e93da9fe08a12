// Decision map: what a classifier of points in the plane answers everywhere, with its data on top.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/plot/axes.h"
#include "common/plot/picture.h"

namespace common::plot {

/// One data point and its true class.
struct DataPoint {
  double x = 0;
  double y = 0;
  int64_t label = 0;
  bool test = false;  // test points are diamonds with a dark rim, training points circles
};

/// The answers on a regular grid of cells, and the points. K classes.
struct DecisionMap {
  std::string title = {};
  std::string x_label = "x1";
  std::string y_label = "x2";
  Range x_range = {-1, 1};
  Range y_range = {-1, 1};
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t classes = 2;
  /// Row by row, row 0 at the LOWEST y, each at the centre of its cell (see `cell_centres`). Either
  /// [rows, columns]: for 2 classes the probability of class 1, for more the class index; or
  /// [rows, columns, classes]: the probability of each class. NaN is painted grey.
  std::vector<double> values = {};
  std::vector<DataPoint> points = {};
  std::vector<std::string> class_names = {};  // for the legend; empty: "class 0", "class 1", ...
  bool legend = true;   // under the plot, where it takes no more than a third of the picture
  bool axes = true;     // ticks and axis labels; off for small frames
  int64_t width = 640;  // pixels of the whole picture
  int64_t height = 640;
};

/// Returns the points at which to ask the classifier: x, y of every cell's centre in the order of
/// `DecisionMap::values`, flat, [rows * columns, 2].
std::vector<double> cell_centres(Range x_range, Range y_range, int64_t rows, int64_t columns);

/// Returns the map: colours fade to white where the answer is unsure, a dark line is the boundary.
/// Errors: `Error` when the number of values, a label or a range does not fit.
Picture draw(const DecisionMap& map);

}  // namespace common::plot
