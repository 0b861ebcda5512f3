#include "AllFinite.h"

#include <ATen/Parallel.h>

#include <atomic>
#include <cstdint>
#include <limits>

namespace kernels {
namespace {

// A float is finite unless all bits of its exponent are set.
bool anyNonFinite(const uint32_t *bits, int64_t count) {
  const uint32_t exponent = 0x7f800000u;
  uint32_t found = 0;
  for (int64_t i = 0; i < count; i++) found |= (bits[i] & exponent) == exponent;
  return found != 0;
}

bool finiteOnCPU(const at::Tensor &tensor) {
  auto *bits = reinterpret_cast<const uint32_t *>(tensor.const_data_ptr());
  std::atomic<bool> bad{false};
  at::parallel_for(0, tensor.numel(), 1 << 16, [&](int64_t begin, int64_t end) {
    if (anyNonFinite(bits + begin, end - begin)) bad.store(true, std::memory_order_relaxed);
  });
  return !bad.load();
}

} // namespace

bool allFinite(const std::vector<at::Tensor> &tensors) {
  std::vector<at::Tensor> others;
  for (const auto &tensor : tensors) {
    bool fits = tensor.is_cpu() && tensor.scalar_type() == at::kFloat &&
                tensor.is_non_overlapping_and_dense();
    if (!fits) {
      others.push_back(tensor);
    } else if (!finiteOnCPU(tensor)) {
      return false;
    }
  }
  return allFinitePlain(others);
}

bool allFinitePlain(const std::vector<at::Tensor> &tensors) {
  const double infinity = std::numeric_limits<double>::infinity();
  std::vector<at::Tensor> floats, norms;
  for (const auto &tensor : tensors) {
    if (tensor.numel() == 0) continue;
    // The list's fused kernel wants one type.
    if (tensor.scalar_type() == at::kFloat)
      floats.push_back(tensor);
    else
      norms.push_back(at::linalg_vector_norm(tensor, infinity).to(at::kDouble));
  }
  if (!floats.empty())
    for (const auto &norm : at::_foreach_norm(floats, infinity)) norms.push_back(norm.to(at::kDouble));
  if (norms.empty()) return true;
  return at::isfinite(at::stack(norms)).all().item<bool>();
}

} // namespace kernels
