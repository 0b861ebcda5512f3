// What every file of this target shares: the handles, and the way from an exception to a status.
#pragma once

#include "ctorch.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include <memory>
#include <vector>

// Always a defined tensor: what a handle's shape, type and device are cannot fail to be known.
struct ctorch_tensor {
  at::Tensor value;
};

struct ctorch_generator {
  at::Generator value;
};

namespace shim {

// Both keep the message without allocating, since memory may be what ran out.
void remember(const char *message) noexcept;
int32_t failed(const std::exception &error) noexcept;

template <class Body> int32_t guarded(Body &&body) noexcept {
  try {
    body();
    return CTORCH_OK;
  } catch (const std::exception &error) {
    return failed(error);
  } catch (...) {
    remember("unknown C++ exception");
    return CTORCH_ERROR;
  }
}

template <class Body> int32_t produce(ctorch_tensor **out, Body &&body) noexcept {
  *out = nullptr;
  return guarded([&] { *out = new ctorch_tensor{body()}; });
}

at::ScalarType scalarType(int32_t dtype);
at::Device device(int32_t device);

// `value` after the activation `kind`, a CTORCH_RELU or another.
at::Tensor activated(const at::Tensor &value, int32_t kind);

// What oneDNN calls an activation that it can apply in a convolution's kernel; null for the others.
const char *fusedName(int32_t activation);

inline at::Tensor optional(const ctorch_tensor *tensor) {
  return tensor ? tensor->value : at::Tensor();
}

inline std::vector<at::Tensor> list(const ctorch_tensor *const *tensors, int32_t count) {
  std::vector<at::Tensor> values;
  values.reserve(count);
  for (int32_t i = 0; i < count; i++) values.push_back(tensors[i]->value);
  return values;
}

} // namespace shim
