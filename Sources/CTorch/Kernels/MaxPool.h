// The largest element of each window, where no gradient is wanted.
#pragma once

#include <ATen/ATen.h>

namespace kernels {

// Whether maxPool() takes `x`: uint8, bfloat16 or float32 [N, C, H, W] on the CPU, channels last in memory.
bool maxPools(const at::Tensor &x);

// [N, C, H, W] → [N, C, H', W'], as at::max_pool2d has it: a NaN in a window is its largest element.
at::Tensor maxPool(const at::Tensor &x, int64_t kernel, int64_t stride, int64_t padding);

} // namespace kernels
