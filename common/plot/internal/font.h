// Text with OpenCV's built-in stroke font. Internal to common/plot.
#pragma once

#include <opencv2/core.hpp>
#include <string>

namespace common::plot::internal {

/// Draws `text` (made ASCII) from `left_middle` to the right, capitals centred on it; sizes and
/// places are in pixels of `pixels`.
void draw_text(cv::Mat3b& pixels, cv::Point2d left_middle, const std::string& text, double size,
               const cv::Scalar& colour, bool bold);

}  // namespace common::plot::internal
