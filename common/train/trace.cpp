#include "common/train/trace.h"

#include <torch/csrc/autograd/profiler_kineto.h>

#include <set>
#include <utility>

#include "common/base/files.h"

namespace common::train {
namespace profiler = torch::autograd::profiler;
namespace {

void start() {
  profiler::ProfilerConfig config(profiler::ProfilerState::KINETO, /*report_shapes=*/true);
  config.experimental_config.profile_all_threads = true;  // every lane, not only the caller's
  std::set<profiler::ActivityType> activities = {profiler::ActivityType::CPU};
#ifdef COURSE_CUDA
  activities.insert(profiler::ActivityType::CUDA);
#endif
  profiler::prepareProfiler(config, activities);
  profiler::enableProfiler(
      config, activities,
      {at::RecordScope::FUNCTION, at::RecordScope::BACKWARD_FUNCTION, at::RecordScope::USER_SCOPE});
}

}  // namespace

Trace::Trace(std::filesystem::path file, std::int64_t first, std::int64_t steps)
    : file_(std::move(file)), until_first_(first), left_(steps) {}

Trace::~Trace() {
  if (recording_) profiler::disableProfiler();
}

Trace::Trace(Trace&& other) noexcept { *this = std::move(other); }

Trace& Trace::operator=(Trace&& other) noexcept {
  file_ = std::exchange(other.file_, {});
  until_first_ = other.until_first_;
  left_ = other.left_;
  recording_ = std::exchange(other.recording_, false);
  return *this;
}

void Trace::begin_step() {
  if (file_.empty() || until_first_-- > 0) return;
  if (!recording_) {
    start();
    recording_ = true;
  } else if (--left_ == 0) {
    end();
  }
}

void Trace::end() {
  if (!recording_) return;
  recording_ = false;
  const auto result = profiler::disableProfiler();
  base::write_file_with(file_, [&](const auto& aside) { result->save(aside.string()); });
  file_.clear();
}

}  // namespace common::train
