#include "common/plot/curves.h"

namespace common::plot {

Series curve(const base::Run& run, const std::string& split, const std::string& name,
             const std::string& label) {
  Series series;
  series.name = label;
  for (const auto& [step, value] : run.history(split, name)) {
    series.x.push_back(step);
    series.y.push_back(value);
  }
  return series;
}

Picture step_chart(const std::string& title, const std::string& y_label,
                   const std::vector<Series>& curves) {
  LineChart chart;
  chart.title = title;
  chart.x_label = "step";
  chart.y_label = y_label;
  chart.width = 640;
  chart.height = 400;
  for (const Series& series : curves) {
    if (!series.x.empty()) chart.series.push_back(series);
  }
  if (chart.series.empty()) chart.series.push_back({.name = "", .x = {0}, .y = {0}});
  return draw(chart);
}

}  // namespace common::plot
