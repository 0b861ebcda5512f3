// Bytes of pictures → the floats that a network sees.
#pragma once

#include <ATen/ATen.h>

namespace kernels {

// [count, height, width, channels] bytes → float32 [rows, channels, height, width] on the CPU,
// channels last in memory, each byte times its channel's `scale` plus its `offset`, rounded twice as
// libtorch's multiplication and addition round. Rows beyond `count` are those of zeros.
at::Tensor pictures(const uint8_t *bytes, int64_t count, int64_t rows, int64_t height,
                    int64_t width, int64_t channels, const float *scale, const float *offset);

} // namespace kernels
