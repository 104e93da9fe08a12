// Charts of what a run logged.
#pragma once

#include <string>
#include <vector>

#include "common/base/run.h"
#include "common/plot/lines.h"

namespace common::plot {

/// Returns one logged number over the steps, `label` in the legend.
Series curve(const base::Run& run, const std::string& split, const std::string& name,
             const std::string& label);

/// Returns a small chart over the steps, for tile(). Curves that hold nothing are left out.
Picture step_chart(const std::string& title, const std::string& y_label,
                   const std::vector<Series>& curves);

}  // namespace common::plot
