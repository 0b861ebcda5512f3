#include "Lists.h"

#include "Processors.h"

#include <cstring>

namespace kernels {
namespace {

void copy(float *target, const float *source, int64_t count) {
  std::memcpy(target, source, static_cast<size_t>(count) * sizeof(float));
}

FOR_EACH_PROCESSOR
void add(float *target, const float *source, int64_t count) {
  for (int64_t i = 0; i < count; i++) target[i] += source[i];
}

bool isPlain(const at::Tensor &tensor) {
  return tensor.is_cpu() && tensor.scalar_type() == at::kFloat &&
         tensor.is_non_overlapping_and_dense();
}

// Whether the elements of both stand in memory in the same order; an axis of one element has none.
bool isLike(const at::Tensor &a, const at::Tensor &b) {
  if (!isPlain(a) || !isPlain(b) || a.sizes() != b.sizes()) return false;
  for (int64_t axis = 0; axis < a.dim(); axis++)
    if (a.size(axis) != 1 && a.stride(axis) != b.stride(axis)) return false;
  return true;
}

// Calls `loop` for each pair in our reach; the others are left in the two lists for libtorch.
template <class Loop>
std::pair<std::vector<at::Tensor>, std::vector<at::Tensor>>
forEachPair(const std::vector<at::Tensor> &targets, const std::vector<at::Tensor> &sources,
            Loop &&loop) {
  std::vector<at::Tensor> otherTargets, otherSources;
  for (size_t i = 0; i < targets.size(); i++) {
    if (isLike(targets[i], sources[i])) {
      loop(targets[i].data_ptr<float>(), sources[i].const_data_ptr<float>(), targets[i].numel());
    } else {
      otherTargets.push_back(targets[i]);
      otherSources.push_back(sources[i]);
    }
  }
  return {otherTargets, otherSources};
}

} // namespace

void copyAll(const std::vector<at::Tensor> &targets, const std::vector<at::Tensor> &sources) {
  auto [to, from] = forEachPair(targets, sources, copy);
  if (!to.empty()) at::_foreach_copy_(to, from);
}

void addAll(const std::vector<at::Tensor> &targets, const std::vector<at::Tensor> &sources) {
  auto [to, from] = forEachPair(targets, sources, add);
  if (!to.empty()) at::_foreach_add_(to, from);
}

} // namespace kernels
