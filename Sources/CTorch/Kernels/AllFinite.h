// Whether any value of a list of tensors is a NaN or an infinity.
#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace kernels {

// On the CPU one pass over float32 bits at memory speed; elsewhere, and for other types, libtorch's
// own operations.
bool allFinite(const std::vector<at::Tensor> &tensors);

// The plain twin: libtorch's operations alone.
bool allFinitePlain(const std::vector<at::Tensor> &tensors);

} // namespace kernels
