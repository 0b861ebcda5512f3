// Arithmetic, layers and losses.
#include "Kernels/MaxPool.h"
#include "Shim.h"

#include <ATen/TracerMode.h>
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>

using shim::activated;
using shim::guarded;
using shim::optional;
using shim::produce;

int32_t ctorch_add(const ctorch_tensor *a, const ctorch_tensor *b, ctorch_tensor **out) {
  return produce(out, [&] { return at::add(a->value, b->value); });
}

int32_t ctorch_subtract(const ctorch_tensor *a, const ctorch_tensor *b, ctorch_tensor **out) {
  return produce(out, [&] { return at::sub(a->value, b->value); });
}

int32_t ctorch_multiply(const ctorch_tensor *a, const ctorch_tensor *b, ctorch_tensor **out) {
  return produce(out, [&] { return at::mul(a->value, b->value); });
}

int32_t ctorch_divide(const ctorch_tensor *a, const ctorch_tensor *b, ctorch_tensor **out) {
  return produce(out, [&] { return at::div(a->value, b->value); });
}

int32_t ctorch_scale(const ctorch_tensor *x, double factor, double offset, ctorch_tensor **out) {
  return produce(out, [&] {
    auto scaled = at::mul(x->value, factor);
    return offset == 0 ? scaled : at::add(scaled, offset);
  });
}

int32_t ctorch_square_root(const ctorch_tensor *x, ctorch_tensor **out) {
  return produce(out, [&] { return at::sqrt(x->value); });
}

int32_t ctorch_matrix_product(const ctorch_tensor *a, const ctorch_tensor *b, ctorch_tensor **out) {
  return produce(out, [&] { return at::matmul(a->value, b->value); });
}

int32_t ctorch_softmax(const ctorch_tensor *x, int64_t axis, ctorch_tensor **out) {
  return produce(out, [&] { return at::softmax(x->value, axis); });
}

int32_t ctorch_sum(const ctorch_tensor *x, ctorch_tensor **out) {
  return produce(out, [&] { return at::sum(x->value); });
}

int32_t ctorch_mean(const ctorch_tensor *x, const int64_t *axes, int32_t axis_count,
                    ctorch_tensor **out) {
  return produce(out, [&] {
    return at::mean(x->value, at::IntArrayRef(axes, static_cast<size_t>(axis_count)));
  });
}

int32_t ctorch_top(const ctorch_tensor *x, int64_t count, ctorch_tensor **values,
                   ctorch_tensor **indices) {
  *values = nullptr;
  *indices = nullptr;
  return guarded([&] {
    auto [top, places] = at::topk(x->value, count, -1, true, true);
    auto first = std::make_unique<ctorch_tensor>(top);
    *indices = new ctorch_tensor{places};
    *values = first.release();
  });
}

int32_t ctorch_relu(const ctorch_tensor *x, ctorch_tensor **out) {
  return produce(out, [&] { return at::relu(x->value); });
}

int32_t ctorch_relu_in_place(ctorch_tensor *x) {
  return guarded([&] { at::relu_(x->value); });
}

int32_t ctorch_add_in_place(ctorch_tensor *x, const ctorch_tensor *other) {
  return guarded([&] { x->value.add_(other->value); });
}

at::Tensor shim::activated(const at::Tensor &value, int32_t kind) {
  switch (kind) {
  case CTORCH_NO_ACTIVATION: return value;
  case CTORCH_RELU: return at::relu(value);
  case CTORCH_GELU: return at::gelu(value);
  case CTORCH_GELU_TANH: return at::gelu(value, "tanh");
  case CTORCH_GELU_SIGMOID: return at::mul(value, at::sigmoid(at::mul(value, 1.702)));
  case CTORCH_SILU: return at::silu(value);
  case CTORCH_HARD_SWISH: return at::hardswish(value);
  case CTORCH_HARD_SIGMOID: return at::hardsigmoid(value);
  case CTORCH_SIGMOID: return at::sigmoid(value);
  default: TORCH_CHECK(false, "no activation has the number ", kind);
  }
}

const char *shim::fusedName(int32_t activation) {
  switch (activation) {
  case CTORCH_NO_ACTIVATION: return "none";
  case CTORCH_RELU: return "relu";
  case CTORCH_SILU: return "swish";
  case CTORCH_HARD_SWISH: return "hardswish";
  default: return nullptr;
  }
}

int32_t ctorch_activate(const ctorch_tensor *x, int32_t kind, ctorch_tensor **out) {
  return produce(out, [&] { return activated(x->value, kind); });
}

int32_t ctorch_layer_norm(const ctorch_tensor *x, const ctorch_tensor *weight,
                          const ctorch_tensor *bias, double epsilon, ctorch_tensor **out) {
  return produce(out, [&] {
    return at::layer_norm(x->value, weight->value.sizes(), weight->value, bias->value, epsilon);
  });
}

int32_t ctorch_attention(const ctorch_tensor *q, const ctorch_tensor *k, const ctorch_tensor *v,
                         double scale, ctorch_tensor **out) {
  return produce(out, [&] {
    return at::scaled_dot_product_attention(q->value, k->value, v->value, {}, 0.0, false, scale);
  });
}

int32_t ctorch_resize_bicubic(const ctorch_tensor *x, int64_t height, int64_t width, bool antialias,
                              ctorch_tensor **out) {
  return produce(out, [&] {
    std::array<int64_t, 2> size{height, width};
    return antialias ? at::_upsample_bicubic2d_aa(x->value, size, false)
                     : at::upsample_bicubic2d(x->value, size, false);
  });
}

namespace {
// oneDNN's weight gradient of a strided 1×1 convolution of fewer than 16 channels writes beyond its
// scratch memory with two threads or more and an odd batch (seen in libtorch 2.13, with PyTorch
// too). Leaving the pixels out that such a convolution skips is the same function.
bool skipsPixels(const at::Tensor &x, const at::Tensor &weight, at::IntArrayRef stride,
                 at::IntArrayRef padding) {
  auto all = [](at::IntArrayRef values, int64_t wanted) {
    return std::all_of(values.begin(), values.end(), [&](int64_t v) { return v == wanted; });
  };
  auto sizes = weight.sizes();
  return x.is_cpu() && sizes.size() == stride.size() + 2 && x.dim() == weight.dim() &&
         sizes[1] < 16 && all(sizes.slice(2), 1) && all(padding, 0) && !all(stride, 1) &&
         std::all_of(stride.begin(), stride.end(), [](int64_t step) { return step > 0; });
}
} // namespace

int32_t ctorch_convolution(const ctorch_tensor *x, const ctorch_tensor *weight,
                           const ctorch_tensor *bias, int32_t spatial, const int64_t *stride,
                           const int64_t *padding, const int64_t *dilation, int64_t groups,
                           ctorch_tensor **out) {
  return produce(out, [&] {
    auto count = static_cast<size_t>(spatial);
    at::IntArrayRef strides(stride, count), paddings(padding, count), dilations(dilation, count);
    auto input = x->value;
    const std::vector<int64_t> ones(count, 1);
    if (skipsPixels(input, weight->value, strides, paddings)) {
      for (size_t axis = 0; axis < count; axis++)
        input = input.slice(axis + 2, 0, input.size(axis + 2), strides[axis]);
      strides = ones;
    }
    return spatial == 3 ? at::conv3d(input, weight->value, optional(bias), strides, paddings,
                                     dilations, groups)
                        : at::conv2d(input, weight->value, optional(bias), strides, paddings,
                                     dilations, groups);
  });
}

int32_t ctorch_batch_norm(const ctorch_tensor *x, const ctorch_tensor *weight,
                          const ctorch_tensor *bias, ctorch_tensor *mean, ctorch_tensor *variance,
                          bool training, double momentum, double epsilon, ctorch_tensor **out) {
  return produce(out, [&] {
    auto &value = x->value;
    TORCH_CHECK(value.dim() >= 2, "expected [N, C, ...], got ", value.sizes());
    TORCH_CHECK(!training || value.numel() > value.size(1),
                "one value a channel has no variance to train with, the input is ", value.sizes());
    return at::batch_norm(x->value, weight->value, bias->value, mean->value, variance->value,
                          training, momentum, epsilon, true);
  });
}

int32_t ctorch_avg_pool2d(const ctorch_tensor *x, int64_t kernel, int64_t stride,
                          ctorch_tensor **out) {
  return produce(out, [&] {
    return at::avg_pool2d(x->value, {kernel, kernel}, {stride, stride}, 0, true, false);
  });
}

int32_t ctorch_max_pool2d(const ctorch_tensor *x, int64_t kernel, int64_t stride, int64_t padding,
                          ctorch_tensor **out) {
  return produce(out, [&] {
    const auto &value = x->value;
    const bool isPlain = !(at::GradMode::is_enabled() && value.requires_grad()) &&
                         !at::tracer::impl::is_dispatch_enabled();
    if (isPlain && kernels::maxPools(value)) return kernels::maxPool(value, kernel, stride, padding);
    return at::max_pool2d(x->value, {kernel, kernel}, {stride, stride}, {padding, padding});
  });
}

int32_t ctorch_linear(const ctorch_tensor *x, const ctorch_tensor *weight,
                      const ctorch_tensor *bias, ctorch_tensor **out) {
  return produce(out, [&] { return at::linear(x->value, weight->value, optional(bias)); });
}

namespace {
// libtorch takes targets of other shapes for class indices, and then complains about those.
void requireRows(const at::Tensor &logits, const at::Tensor &targets) {
  TORCH_CHECK(logits.dim() == 2 && logits.sizes() == targets.sizes(),
              "logits and targets must both be [rows, classes], they are ", logits.sizes(), " and ",
              targets.sizes());
}
} // namespace

int32_t ctorch_cross_entropy(const ctorch_tensor *logits, const ctorch_tensor *targets,
                             ctorch_tensor **out) {
  return produce(out, [&] {
    requireRows(logits->value, targets->value);
    return at::cross_entropy_loss(logits->value, targets->value);
  });
}

int32_t ctorch_sigmoid_cross_entropy(const ctorch_tensor *logits, const ctorch_tensor *targets,
                                     ctorch_tensor **out) {
  return produce(out, [&] {
    requireRows(logits->value, targets->value);
    auto sum = at::binary_cross_entropy_with_logits(logits->value, targets->value, {}, {},
                                                    at::Reduction::Sum);
    return at::div(sum, static_cast<double>(logits->value.size(0)));
  });
}

int32_t ctorch_hits(const ctorch_tensor *logits, const ctorch_tensor *members,
                    ctorch_tensor **out) {
  return produce(out, [&] {
    at::NoGradGuard guard;
    TORCH_CHECK(logits->value.dim() == 2 && logits->value.sizes() == members->value.sizes(),
                "logits and members must both be [rows, classes]");
    return members->value.gather(1, logits->value.argmax(1, true)).gt(0).sum();
  });
}

int32_t ctorch_pseudo_labels(const ctorch_tensor *logits, const ctorch_tensor *thresholds,
                             const ctorch_tensor *truth, ctorch_tensor **labels,
                             ctorch_tensor **counts) {
  *labels = nullptr;
  *counts = nullptr;
  return guarded([&] {
    at::NoGradGuard guard;
    TORCH_CHECK(logits->value.dim() == 2 && truth->value.dim() == 1 &&
                    logits->value.size(0) == truth->value.size(0) &&
                    thresholds->value.dim() == 1 &&
                    logits->value.size(1) == thresholds->value.size(0),
                "logits must be [rows, classes], thresholds [classes] and the truth [rows]");
    auto [most, classes] = at::max(at::softmax(logits->value.to(at::kFloat), 1), 1);
    auto kept = most.ge(thresholds->value.index_select(0, classes));
    auto rows = at::zeros_like(logits->value, at::kFloat)
                    .scatter_(1, classes.unsqueeze(1), kept.to(at::kFloat).unsqueeze(1));
    auto known = kept.logical_and(truth->value.ge(0));
    auto right = kept.logical_and(truth->value.eq(classes));
    auto first = std::make_unique<ctorch_tensor>(rows);
    *counts = new ctorch_tensor{at::stack({kept.sum(), known.sum(), right.sum()}).to(at::kDouble)};
    *labels = first.release();
  });
}

int32_t ctorch_pack_convolution(const ctorch_tensor *weight, const int64_t *stride,
                                const int64_t *padding, int64_t groups, const int64_t *input_shape,
                                ctorch_tensor **out) {
  return produce(out, [&] {
    std::array<int64_t, 2> dilation{1, 1};
    return at::mkldnn_reorder_conv2d_weight(
        weight->value.to_mkldnn(), at::IntArrayRef(padding, 2), at::IntArrayRef(stride, 2),
        dilation, groups, at::IntArrayRef(input_shape, 4));
  });
}

namespace {
using Attributes = c10::List<std::optional<at::Scalar>>;

at::Tensor pointwise(const at::Tensor &x, const at::Tensor &weight, const at::Tensor &bias,
                     at::IntArrayRef stride, at::IntArrayRef padding, int64_t groups,
                     const char *activation) {
  using Signature = at::Tensor(const at::Tensor &, const at::Tensor &,
                               const std::optional<at::Tensor> &, at::IntArrayRef, at::IntArrayRef,
                               at::IntArrayRef, int64_t, std::string_view, Attributes,
                               std::optional<std::string_view>);
  static const auto operation = c10::Dispatcher::singleton()
                                    .findSchemaOrThrow("mkldnn::_convolution_pointwise", "")
                                    .typed<Signature>();
  std::array<int64_t, 2> dilation{1, 1};
  return operation.call(x, weight, bias, padding, stride, dilation, groups, activation,
                        Attributes(), std::nullopt);
}

at::Tensor pointwiseSum(at::Tensor other, const at::Tensor &x, const at::Tensor &weight,
                        const at::Tensor &bias, at::IntArrayRef stride, at::IntArrayRef padding,
                        int64_t groups, bool relu) {
  using Signature = at::Tensor &(
      at::Tensor &, const at::Tensor &, const at::Tensor &, const std::optional<at::Tensor> &,
      at::IntArrayRef, at::IntArrayRef, at::IntArrayRef, int64_t, std::string_view,
      std::optional<at::Scalar>, std::optional<std::string_view>, Attributes,
      std::optional<std::string_view>);
  static const auto operation = c10::Dispatcher::singleton()
                                    .findSchemaOrThrow("mkldnn::_convolution_pointwise_", "binary")
                                    .typed<Signature>();
  std::array<int64_t, 2> dilation{1, 1};
  std::optional<std::string_view> unary;
  if (relu) unary = "relu";
  return operation.call(other, x, weight, bias, padding, stride, dilation, groups, "add", 1.0,
                        unary, Attributes(), std::nullopt);
}
} // namespace

int32_t ctorch_fused_convolution(const ctorch_tensor *x, const ctorch_tensor *weight, bool packed,
                                 const ctorch_tensor *bias, ctorch_tensor *other,
                                 int32_t activation, const int64_t *stride, const int64_t *padding,
                                 int64_t groups, ctorch_tensor **out) {
  return produce(out, [&] {
    at::IntArrayRef strides(stride, 2), paddings(padding, 2);
    std::array<int64_t, 2> dilation{1, 1};
    const bool relu = activation == CTORCH_RELU;
    const int32_t rest = relu ? CTORCH_NO_ACTIVATION : activation;
    // The sum takes over the memory of `other`, which must not be what the convolution reads.
    if (packed && other)
      return activated(
          pointwiseSum(other->value.is_alias_of(x->value) ? other->value.clone() : other->value,
                       x->value, weight->value, bias->value, strides, paddings, groups, relu),
          rest);
    if (packed) {
      auto name = shim::fusedName(activation);
      auto y = pointwise(x->value, weight->value, bias->value, strides, paddings, groups,
                         name ? name : "none");
      return name ? y : activated(y, activation);
    }
    if (x->value.is_cuda() && relu && other)
      return at::cudnn_convolution_add_relu(x->value, weight->value, other->value, 1.0, bias->value,
                                            strides, paddings, dilation, groups);
    if (x->value.is_cuda() && relu)
      return at::cudnn_convolution_relu(x->value, weight->value, bias->value, strides, paddings,
                                        dilation, groups);
    auto y = at::conv2d(x->value, weight->value, bias->value, strides, paddings, dilation, groups);
    if (other) y.add_(other->value);
    return relu ? at::relu_(y) : activated(y, activation);
  });
}
