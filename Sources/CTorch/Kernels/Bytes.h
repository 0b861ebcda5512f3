// Real numbers ↔ bytes: a byte q stands for (q - zero) · scale.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

namespace kernels {

// float32 or bfloat16 → uint8 in the same memory layout: x / scale + zero, to the nearest (even of two),
// within 0...255. The quotient is the product with the float32 nearest to 1 / scale.
at::Tensor toBytes(const at::Tensor &x, double scale, int64_t zero);

// float32 [N, C, H, W], channels last in memory → uint8 [N, C, H + 2 · padding, W + 2 · padding], too: x /
// scale + zero of its channel, to the nearest, and around each picture the bytes nearest to `zero`.
at::Tensor toPaddedBytes(const at::Tensor &x, const float *scale, const float *zero,
                         int64_t padding);

// uint8 → float32 or bfloat16 in the same memory layout.
at::Tensor fromBytes(const at::Tensor &x, double scale, int64_t zero, at::ScalarType type);

// uint8 [N, C, H, W], channels last in memory → float32 [N, C]: the means, from exact sums.
at::Tensor meansOfBytes(const at::Tensor &x, double scale, int64_t zero);

// Adds to each of 65,536 counts how many elements of `x` are nearest to the bfloat16 of these bits.
void countValues(const at::Tensor &x, int64_t *counts);

// float32 [out, ...] → int8 of the same shape and layout, and one scale a row, its largest magnitude / 127.
std::pair<at::Tensor, at::Tensor> toSignedBytes(const at::Tensor &weight);

} // namespace kernels
