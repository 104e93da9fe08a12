// Uses each part of the installed package once. Argument: the folder to write into.
#include <filesystem>
#include <iostream>

#include "common/base/device.h"
#include "common/base/json.h"
#include "common/data/csv.h"
#include "common/plot/lines.h"

int main(int argc, char** argv) {
  const std::filesystem::path folder = argc > 1 ? argv[1] : ".";
  const auto csv = common::data::parse_csv("1,2\n3,4\n", "numbers");
  common::base::write_json(folder / "stranger.json", {{"rows", csv.rows.size()}});
  common::plot::LineChart chart;
  chart.series = {{.name = "squares", .y = {0, 1, 4, 9}}};
  common::plot::save_png(common::plot::draw(chart), folder / "stranger.png");
  std::cout << "computes on " << common::base::pick_device("cpu").str() << "\n";
  return csv.rows.size() == 2 ? 0 : 1;
}
