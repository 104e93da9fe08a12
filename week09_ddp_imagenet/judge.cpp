#include "week09_ddp_imagenet/judge.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/base/interrupt.h"
#include "common/base/progress.h"
#include "common/data/loader.h"
#include "common/data/pinned.h"
#include "common/train/precision.h"

namespace week09 {
using common::dist::Group;
using torch::Tensor;

double Answers::top(int64_t k) const {
  return label_place.lt(k).to(at::kDouble).mean().item<double>();
}

Answers answer(common::nn::ResNet& network, const common::data::ImageSet& images,
               const Config& config, const Group& group, const torch::Device& device,
               c10::ScalarType precision, const std::string& name) {
  const torch::NoGradGuard no_grad;
  network->eval();
  const auto type = network->fc->weight.scalar_type();
  const Batches batches = Batches::validation(images, config, precision);
  common::data::LoaderOptions options;
  options.samples = images.count;
  options.batch_size = std::min(images.count, 100 * group.world().size);
  options.batch_size = std::max(options.batch_size, group.world().size);
  options.shuffle = options.drop_last = false;
  options.world = group.world();
  options.workers = config.workers;
  common::data::Loader<Batch> loader(options, [&](const auto& plan) { return batches.make(plan); });

  // What a rank did not see stays 0, so that the sum over the ranks is all.
  enum { kPredicted, kConfidence, kLabel, kPlace, kLoss, kColumns };
  Tensor all = at::zeros({images.count, kColumns}, at::kDouble);  // [N, 5]
  common::base::Progress progress(name, loader.batches_per_epoch(), "batches", 0,
                                  name.empty() || !group.world().is_main() ? nullptr : stderr);
  const bool may_stop = !name.empty();  // within a training Ctrl-C is answered after this
  Tensor stopped = at::zeros({1});
  for (int64_t i = 0; i < loader.batches_per_epoch(); ++i) {
    if (may_stop && common::base::interrupted()) {
      stopped.fill_(1);
      break;
    }
    const Batch batch = loader.next();
    if (batch.ids.numel() == 0) continue;
    Tensor logits;
    {
      const common::train::Autocast autocast(device, precision);
      const Tensor x = common::data::to_device(batch.images, device);
      logits = network(type == at::kDouble ? x.to(type) : x);  // [B, K]
    }
    const Tensor scores = logits.to(at::kCPU, at::kDouble), labels = batch.labels.view({-1, 1});
    common::base::require(scores.isfinite().all().item<bool>(),
                          "the network's answers are not finite numbers");
    const Tensor logs = scores.log_softmax(1), truth = scores.gather(1, labels);  // [B, K], [B, 1]
    const auto [best, predicted] = logs.max(1);
    // A label that shares its place with others comes after them: a tie is not right.
    all.index_copy_(
        0, batch.ids,
        at::stack({predicted.to(at::kDouble), best.exp(), batch.labels.to(at::kDouble),
                   scores.ge(truth).sum(1).to(at::kDouble) - 1, -logs.gather(1, labels).squeeze(1)},
                  1));
    progress.update(i + 1);
  }
  group.all_reduce_(stopped);
  if (stopped.item<double>() > 0) throw common::base::Interrupted();
  group.all_reduce_(all);
  const auto column = [&](int64_t i) { return all.select(1, i).contiguous(); };
  return {column(kPredicted).to(at::kLong), column(kConfidence), column(kLabel).to(at::kLong),
          column(kPlace).to(at::kLong), column(kLoss).mean().item<double>()};
}

}  // namespace week09
