// Gradients that are summed over processes in buckets, while the backward pass goes on.
//
// The last layers' gradients are there first, so buckets are made of the parameters from the last on, as
// PyTorch's DistributedDataParallel makes them. All processes send the same buckets in the same order, since a
// bucket waits for those before it.
#include "Distributed.h"

#include "../Kernels/AllFinite.h"
#include "../PartSums.h"

#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <cstring>

using shim::guarded;

namespace {
struct Bucket {
  at::Tensor flat;
  size_t missing = 0;
  std::future<void> sum;
};

struct Member {
  at::Tensor parameter;
  size_t bucket;
  at::Tensor view;
  bool isThere = false;
};
} // namespace

struct ctorch_reducer {
  // As long as it is used, even where the group is left.
  std::shared_ptr<shim::Sums> sums;
  std::vector<Member> members;
  std::vector<Bucket> buckets;
  size_t next = 0;
  bool armed = false;
  // What the process's other rounds have left; null where there are none.
  ctorch_part_sums *rounds = nullptr;

  void take(Member &member) {
    if (member.isThere) return;
    at::NoGradGuard guard;
    member.isThere = true;
    if (rounds) rounds->fold(member.parameter);
    const auto &gradient = member.parameter.grad();
    if (gradient.defined())
      member.view.copy_(gradient);
    else
      member.view.zero_();
    buckets[member.bucket].missing--;
    while (next < buckets.size() && buckets[next].missing == 0) send(buckets[next++]);
  }

  void send(Bucket &bucket) { bucket.sum = sums->begin(bucket.flat); }

  void begin(ctorch_part_sums *sums) {
    rounds = sums;
    next = 0;
    armed = true;
    for (auto &bucket : buckets) bucket.missing = 0;
    for (auto &member : members) {
      member.isThere = false;
      buckets[member.bucket].missing++;
    }
  }
};

namespace {
struct Hook : torch::autograd::PostAccumulateGradHook {
  ctorch_reducer *reducer;
  size_t member;
  Hook(ctorch_reducer *reducer, size_t member) : reducer(reducer), member(member) {}
  void operator()(const torch::autograd::Variable &) override {
    if (reducer->armed) reducer->take(reducer->members[member]);
  }
};
} // namespace

int32_t ctorch_reducer_make(ctorch_group *group, ctorch_tensor *const *parameters, int32_t count,
                            int64_t bucket_bytes, ctorch_reducer **out) {
  *out = nullptr;
  return guarded([&] {
    auto reducer = std::make_unique<ctorch_reducer>();
    reducer->sums = group->sums;
    int64_t used = 0;
    std::vector<int64_t> sizes, offsets;
    for (int32_t i = count - 1; i >= 0; i--) {
      const auto &parameter = parameters[i]->value;
      TORCH_CHECK(parameter.scalar_type() == at::kFloat, "a parameter is not float32");
      auto bytes = static_cast<int64_t>(parameter.nbytes());
      if (sizes.empty() || (used > 0 && used + bytes > bucket_bytes)) {
        sizes.push_back(0);
        used = 0;
      }
      reducer->members.push_back({parameter, sizes.size() - 1, {}});
      offsets.push_back(sizes.back());
      sizes.back() += parameter.numel();
      used += bytes;
    }
    for (auto size : sizes) {
      Bucket bucket;
      bucket.flat = at::zeros({size}, reducer->members[0].parameter.options().requires_grad(false));
      reducer->buckets.push_back(std::move(bucket));
    }
    for (size_t i = 0; i < reducer->members.size(); i++) {
      auto &member = reducer->members[i];
      member.view = shim::viewLike(reducer->buckets[member.bucket].flat, offsets[i],
                                   member.parameter.detach());
      torch::autograd::impl::set_post_acc_grad_hooks(
          member.parameter, std::make_unique<Hook>(reducer.get(), i));
    }
    *out = reducer.release();
  });
}

void ctorch_reducer_free(ctorch_reducer *reducer) {
  for (auto &member : reducer->members)
    torch::autograd::impl::set_post_acc_grad_hooks(member.parameter, nullptr);
  delete reducer;
}

int32_t ctorch_reducer_arm(ctorch_reducer *reducer, ctorch_part_sums *sums) {
  return guarded([&] { reducer->begin(sums); });
}

int32_t ctorch_reducer_finish(ctorch_reducer *reducer, ctorch_tensor *statistics, double *numbers,
                              int32_t number_count, bool *own_finite) {
  return guarded([&] {
    at::NoGradGuard guard;
    if (!reducer->armed) reducer->begin(nullptr);
    // Whatever goes wrong from here on: no later backward pass sends anything.
    reducer->armed = false;
    for (auto &member : reducer->members) reducer->take(member);

    auto sums = at::empty({number_count}, at::TensorOptions(at::kDouble));
    std::memcpy(sums.data_ptr<double>(), numbers, number_count * sizeof(double));
    auto row = statistics ? at::cat({sums, statistics->value}) : sums;
    auto last = reducer->sums->begin(row);

    for (auto &bucket : reducer->buckets) bucket.sum.get();
    last.get();
    std::vector<at::Tensor> sent, own;
    for (auto &bucket : reducer->buckets) sent.push_back(bucket.flat);
    for (auto &member : reducer->members) {
      const auto &gradient = member.parameter.grad();
      if (gradient.defined()) own.push_back(gradient);
    }
    // Only of a sum that is none is it of interest whose gradients are no numbers.
    *own_finite = kernels::allFinite(sent) || kernels::allFinite(own);
    for (auto &member : reducer->members) {
      auto &gradient = member.parameter.mutable_grad();
      if (gradient.defined()) gradient.copy_(member.view);
    }
    std::memcpy(numbers, row.data_ptr<double>(), number_count * sizeof(double));
    if (statistics)
      statistics->value.copy_(row.narrow(0, number_count, row.numel() - number_count));
  });
}

int64_t ctorch_reducer_bytes(const ctorch_reducer *reducer) {
  int64_t bytes = 0;
  for (const auto &bucket : reducer->buckets) bytes += bucket.flat.nbytes();
  return bytes;
}
