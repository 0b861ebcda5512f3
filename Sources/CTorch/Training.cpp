// Gradients, autocast and the optimiser.
#include "Shim.h"

#include "Kernels/AllFinite.h"
#include "Kernels/Lists.h"

#include <ATen/autocast_mode.h>

using shim::guarded;
using shim::list;

int32_t ctorch_set_requires_gradient(ctorch_tensor *x, bool required) {
  return guarded([&] { x->value.set_requires_grad(required); });
}

bool ctorch_requires_gradient(const ctorch_tensor *x) { return x->value.requires_grad(); }

int32_t ctorch_gradient(const ctorch_tensor *x, ctorch_tensor **out) {
  *out = nullptr;
  return guarded([&] {
    const auto &gradient = x->value.grad();
    if (gradient.defined()) *out = new ctorch_tensor{gradient};
  });
}

int32_t ctorch_clear_gradients(ctorch_tensor *const *tensors, int32_t count) {
  return guarded([&] {
    for (int32_t i = 0; i < count; i++) tensors[i]->value.mutable_grad().reset();
  });
}

int32_t ctorch_backward(const ctorch_tensor *loss) {
  return guarded([&] { loss->value.backward(); });
}

bool ctorch_set_gradients_enabled(bool enabled) {
  bool previous = at::GradMode::is_enabled();
  at::GradMode::set_enabled(enabled);
  return previous;
}

int32_t ctorch_set_autocast(int32_t device, int32_t dtype, bool enabled) {
  return guarded([&] {
    auto type = shim::device(device).type();
    if (enabled) at::autocast::set_autocast_dtype(type, shim::scalarType(dtype));
    at::autocast::set_autocast_enabled(type, enabled);
    at::autocast::set_autocast_cache_enabled(true);
    if (!enabled) at::autocast::clear_cache();
  });
}

int32_t ctorch_copy_all(ctorch_tensor *const *targets, const ctorch_tensor *const *sources,
                        int32_t count) {
  return guarded([&] {
    at::NoGradGuard guard;
    if (count == 0) return;
    for (int32_t i = 0; i < count; i++)
      TORCH_CHECK(targets[i]->value.sizes() == sources[i]->value.sizes(), "the shapes differ");
    kernels::copyAll(list(targets, count), list(sources, count));
  });
}

int32_t ctorch_gradients_finite(const ctorch_tensor *const *tensors, int32_t count,
                                const ctorch_tensor *value, bool plain, bool *out) {
  return guarded([&] {
    at::NoGradGuard guard;
    std::vector<at::Tensor> gradients;
    if (value) gradients.push_back(value->value);
    for (int32_t i = 0; i < count; i++)
      if (const auto &gradient = tensors[i]->value.grad(); gradient.defined())
        gradients.push_back(gradient);
    *out = plain ? kernels::allFinitePlain(gradients) : kernels::allFinite(gradients);
  });
}

namespace {
// The fused kernel walks the memory of a weight, its gradient and its momentum in step.
bool sameLayout(const at::Tensor &a, const at::Tensor &b) {
  if (a.sizes() != b.sizes()) return false;
  for (int64_t axis = 0; axis < a.dim(); axis++)
    if (a.size(axis) != 1 && a.stride(axis) != b.stride(axis)) return false;
  return true;
}
} // namespace

int32_t ctorch_sgd_step(ctorch_tensor *const *parameters, ctorch_tensor *const *momenta,
                        int32_t count, double learning_rate, double momentum, double weight_decay,
                        bool nesterov) {
  return guarded([&] {
    at::NoGradGuard guard;
    std::vector<at::Tensor> values, gradients, buffers;
    for (int32_t i = 0; i < count; i++) {
      const auto &gradient = parameters[i]->value.grad();
      if (!gradient.defined()) continue;
      values.push_back(parameters[i]->value);
      TORCH_CHECK(sameLayout(gradient, parameters[i]->value) &&
                      sameLayout(momenta[i]->value, parameters[i]->value),
                  "gradient or momentum ", i, " is not laid out in memory as its weight is");
      gradients.push_back(gradient);
      if (momentum != 0) buffers.push_back(momenta[i]->value);
    }
    if (values.empty()) return;
    at::_fused_sgd_(values, gradients, buffers, weight_decay, momentum, learning_rate, 0.0,
                    nesterov, false, false);
  });
}

int32_t ctorch_adamw_step(ctorch_tensor *const *parameters, ctorch_tensor *const *means,
                          ctorch_tensor *const *squares, int32_t count, double learning_rate,
                          double beta1, double beta2, double weight_decay, double epsilon,
                          int64_t step) {
  return guarded([&] {
    at::NoGradGuard guard;
    std::vector<at::Tensor> values, gradients, firsts, seconds, steps;
    for (int32_t i = 0; i < count; i++) {
      const auto &value = parameters[i]->value;
      const auto &gradient = value.grad();
      if (!gradient.defined()) continue;
      TORCH_CHECK(sameLayout(gradient, value) && sameLayout(means[i]->value, value) &&
                      sameLayout(squares[i]->value, value),
                  "gradient or moment ", i, " is not laid out in memory as its weight is");
      values.push_back(value);
      gradients.push_back(gradient);
      firsts.push_back(means[i]->value);
      seconds.push_back(squares[i]->value);
    }
    if (values.empty()) return;
    steps.assign(values.size(), at::full({}, static_cast<double>(step),
                                         values[0].options().dtype(at::kFloat)));
    at::_fused_adamw_(values, gradients, firsts, seconds, {}, steps, learning_rate, beta1, beta2,
                      weight_decay, epsilon, false, false);
  });
}

int32_t ctorch_move_towards(ctorch_tensor *const *targets, const ctorch_tensor *const *sources,
                            int32_t count, double part) {
  return guarded([&] {
    at::NoGradGuard guard;
    if (count == 0) return;
    auto values = list(targets, count);
    at::_foreach_lerp_(values, list(sources, count), part);
  });
}
