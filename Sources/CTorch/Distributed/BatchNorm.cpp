// Batch normalisation by the statistics of all processes' parts of a batch.
//
// Ioffe and Szegedy, 2015, arXiv:1502.03167. With x̂ = (x − μ) / √(σ² + ε) and means over all n values a channel,
//
//     dx = γ / √(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy · x̂))
//
// where libtorch has this for CUDA alone. Sums over processes are in float64.
#include "Distributed.h"

#include <torch/csrc/autograd/custom_function.h>

namespace {
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

std::vector<int64_t> allButChannels(const at::Tensor &x) {
  std::vector<int64_t> axes{0};
  for (int64_t axis = 2; axis < x.dim(); axis++) axes.push_back(axis);
  return axes;
}

// One value a channel, as x broadcasts it.
at::Tensor spread(const at::Tensor &value, const at::Tensor &x) {
  std::vector<int64_t> shape(x.dim(), 1);
  shape[1] = -1;
  return value.view(shape);
}

struct SyncedBatchNorm : torch::autograd::Function<SyncedBatchNorm> {
  static Variable forward(AutogradContext *context, const Variable &x, const Variable &weight,
                          const Variable &bias, const at::Tensor &mean, const at::Tensor &variance,
                          int64_t group, double momentum, double epsilon) {
    auto *sums = reinterpret_cast<ctorch_group *>(group)->sums.get();
    auto channels = x.size(1);
    auto input = x.to(at::kFloat);
    auto [ownVariance, ownMean] = at::var_mean(input, allButChannels(x), /*unbiased=*/false);
    auto count = static_cast<double>(x.numel() / channels);
    auto m = ownMean.to(at::kDouble), v = ownVariance.to(at::kDouble);
    auto row = at::cat({m * count, (v + m.square()) * count, at::full({1}, count, m.options())});
    sums->begin(row).get();
    auto total = row[-1].item<double>();
    m = row.narrow(0, 0, channels) / total;
    v = (row.narrow(0, channels, channels) / total - m.square()).clamp_min(0);
    mean.lerp_(m.to(mean.scalar_type()), momentum);
    variance.lerp_((v * (total / std::max(1.0, total - 1))).to(variance.scalar_type()), momentum);
    auto center = m.to(at::kFloat), inverse = (v + epsilon).rsqrt().to(at::kFloat);
    context->save_for_backward({x, weight, center, inverse});
    context->saved_data["group"] = group;
    context->saved_data["total"] = total;
    auto y = (input - spread(center, x)) * spread(inverse * weight, x) + spread(bias, x);
    return y.to(x.scalar_type());
  }

  static variable_list backward(AutogradContext *context, const variable_list &gradients) {
    auto *sums = reinterpret_cast<ctorch_group *>(context->saved_data["group"].toInt())->sums.get();
    auto total = context->saved_data["total"].toDouble();
    auto saved = context->get_saved_variables();
    const auto &x = saved[0], &weight = saved[1], &center = saved[2], &inverse = saved[3];
    auto axes = allButChannels(x);
    auto channels = x.size(1);
    auto dy = gradients[0].to(at::kFloat);
    auto normal = (x.to(at::kFloat) - spread(center, x)) * spread(inverse, x);
    auto dBias = dy.sum(axes), dWeight = (dy * normal).sum(axes);
    auto row = at::cat({dBias.to(at::kDouble), dWeight.to(at::kDouble)});
    sums->begin(row).get();
    auto means = (row / total).to(at::kFloat);
    auto dx = (dy - spread(means.narrow(0, 0, channels), x) -
               normal * spread(means.narrow(0, channels, channels), x)) *
              spread(inverse * weight, x);
    return {dx.to(x.scalar_type()), dWeight, dBias, Variable(), Variable(),
            Variable(),             Variable(), Variable()};
  }
};
} // namespace

int32_t ctorch_synced_batch_norm(ctorch_group *group, const ctorch_tensor *x,
                                 const ctorch_tensor *weight, const ctorch_tensor *bias,
                                 ctorch_tensor *mean, ctorch_tensor *variance, double momentum,
                                 double epsilon, ctorch_tensor **out) {
  return shim::produce(out, [&] {
    TORCH_CHECK(x->value.dim() >= 2, "expected [N, C, ...], got ", x->value.sizes());
    return SyncedBatchNorm::apply(x->value, weight->value, bias->value, mean->value,
                                  variance->value, reinterpret_cast<int64_t>(group), momentum,
                                  epsilon);
  });
}
