// Loops over lists of tensors, which libtorch walks with an operation for each: microseconds, where a
// network of small pictures has some hundred tensors of some ten elements.
#pragma once

#include <ATen/ATen.h>

#include <vector>

namespace kernels {

// Each target takes the elements of its source.
void copyAll(const std::vector<at::Tensor> &targets, const std::vector<at::Tensor> &sources);

// Each target gets those of its source added.
void addAll(const std::vector<at::Tensor> &targets, const std::vector<at::Tensor> &sources);

} // namespace kernels
