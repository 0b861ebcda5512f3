// Convolutions of bytes by oneDNN's int8 kernels, and what brings numbers into bytes and back.
#include "Kernels/Bytes.h"
#include "Shim.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <array>

using shim::guarded;
using shim::optional;
using shim::produce;

namespace {
using Scalars = c10::List<std::optional<at::Scalar>>;

c10::List<int64_t> pair(const int64_t *values) { return c10::List<int64_t>({values[0], values[1]}); }
c10::List<int64_t> ones() { return c10::List<int64_t>({1, 1}); }

// What the kernels are told of a convolution's tensors.
struct Convolution {
  const at::Tensor &x, &weight, &scales, &zeros, &bias;
  ctorch_quantization from, to;
  const int64_t *stride, *padding;
  int64_t groups;

  // With `type` float32 or bfloat16 the result is no bytes.
  at::Tensor pointwise(at::ScalarType type, const char *activation) const {
    using Signature = at::Tensor(
        at::Tensor, double, int64_t, at::Tensor, at::Tensor, at::Tensor, std::optional<at::Tensor>,
        c10::List<int64_t>, c10::List<int64_t>, c10::List<int64_t>, int64_t, double, int64_t,
        std::optional<c10::ScalarType>, std::string_view, Scalars, std::optional<std::string_view>);
    static const auto operation = c10::Dispatcher::singleton()
                                      .findSchemaOrThrow("onednn::qconv2d_pointwise", "")
                                      .typed<Signature>();
    const bool isBytes = type == at::kByte;
    return operation.call(x, from.scale, from.zero, weight, scales, zeros, bias, pair(stride),
                          pair(padding), ones(), groups, isBytes ? to.scale : 1.0,
                          isBytes ? to.zero : 0, type, activation, Scalars(), "");
  }

  // The result takes over the memory of `other`.
  at::Tensor sum(const at::Tensor &other, ctorch_quantization others, bool relu) const {
    using Signature = at::Tensor(
        at::Tensor, double, int64_t, at::Tensor, at::Tensor, at::Tensor, at::Tensor,
        std::optional<at::Tensor>, c10::List<int64_t>, c10::List<int64_t>, c10::List<int64_t>,
        int64_t, double, int64_t, std::optional<c10::ScalarType>, double, int64_t,
        std::string_view, std::optional<at::Scalar>, std::optional<std::string_view>, Scalars,
        std::optional<std::string_view>);
    static const auto operation = c10::Dispatcher::singleton()
                                      .findSchemaOrThrow("onednn::qconv2d_pointwise", "binary")
                                      .typed<Signature>();
    return operation.call(x, from.scale, from.zero, weight, scales, zeros, other, bias,
                          pair(stride), pair(padding), ones(), groups, to.scale, to.zero, at::kByte,
                          others.scale, others.zero, "sum", 1.0, relu ? "relu" : "none", Scalars(),
                          "");
  }
};

void requireBytes(const at::Tensor &x) {
  TORCH_CHECK(x.is_cpu() && x.scalar_type() == at::kByte && x.dim() == 4,
              "expected bytes [N, C, H, W] on the CPU, got ", x.scalar_type(), " ", x.sizes());
}
} // namespace

int32_t ctorch_quantize(const ctorch_tensor *x, ctorch_quantization to, ctorch_tensor **out) {
  return produce(out, [&] { return kernels::toBytes(x->value, to.scale, to.zero); });
}

int32_t ctorch_quantize_padded(const ctorch_tensor *x, const float *scale, const float *zero,
                               int64_t padding, ctorch_tensor **out) {
  return produce(out, [&] { return kernels::toPaddedBytes(x->value, scale, zero, padding); });
}

int32_t ctorch_dequantize(const ctorch_tensor *x, ctorch_quantization from, int32_t dtype,
                          ctorch_tensor **out) {
  return produce(out, [&] {
    return kernels::fromBytes(x->value, from.scale, from.zero, shim::scalarType(dtype));
  });
}

int32_t ctorch_quantized_means(const ctorch_tensor *x, ctorch_quantization from,
                               ctorch_tensor **out) {
  return produce(out, [&] { return kernels::meansOfBytes(x->value, from.scale, from.zero); });
}

int32_t ctorch_count_values(const ctorch_tensor *x, int64_t *counts) {
  return guarded([&] { kernels::countValues(x->value, counts); });
}

int32_t ctorch_quantize_weight(const ctorch_tensor *weight, ctorch_tensor **out,
                               ctorch_tensor **scales) {
  *out = nullptr;
  *scales = nullptr;
  return guarded([&] {
    auto [bytes, factors] = kernels::toSignedBytes(weight->value);
    auto first = std::make_unique<ctorch_tensor>(bytes);
    *scales = new ctorch_tensor{factors};
    *out = first.release();
  });
}

int32_t ctorch_pack_int8_convolution(const ctorch_tensor *weight, const ctorch_tensor *scales,
                                     ctorch_quantization from, const int64_t *stride,
                                     const int64_t *padding, int64_t groups,
                                     const int64_t *input_shape, ctorch_tensor **out) {
  using Signature = at::Tensor(at::Tensor, at::Tensor, double, int64_t, c10::List<int64_t>,
                               c10::List<int64_t>, c10::List<int64_t>, int64_t,
                               std::optional<c10::List<int64_t>>);
  return produce(out, [&] {
    static const auto operation = c10::Dispatcher::singleton()
                                      .findSchemaOrThrow("onednn::qconv_prepack", "")
                                      .typed<Signature>();
    c10::List<int64_t> shape({input_shape[0], input_shape[1], input_shape[2], input_shape[3]});
    return operation.call(weight->value, scales->value, from.scale, from.zero, pair(stride),
                          pair(padding), ones(), groups, shape);
  });
}

int32_t ctorch_int8_convolution(const ctorch_tensor *x, ctorch_quantization from,
                                const ctorch_tensor *weight, const ctorch_tensor *scales,
                                const ctorch_tensor *zeros, const ctorch_tensor *bias,
                                ctorch_tensor *other, ctorch_quantization others,
                                int32_t activation, const int64_t *stride, const int64_t *padding,
                                int64_t groups, ctorch_quantization to, ctorch_tensor **out) {
  return produce(out, [&] {
    requireBytes(x->value);
    const Convolution convolution{x->value, weight->value, scales->value, zeros->value,
                                  bias->value, from, to, stride, padding, groups};
    if (!other) {
      if (auto name = shim::fusedName(activation)) return convolution.pointwise(at::kByte, name);
    } else if (activation == CTORCH_RELU || activation == CTORCH_NO_ACTIVATION) {
      requireBytes(other->value);
      auto sum = other->value.contiguous(at::MemoryFormat::ChannelsLast);
      // Its memory must not be what the convolution reads.
      if (sum.is_alias_of(x->value)) sum = sum.clone();
      return convolution.sum(sum, others, activation == CTORCH_RELU);
    }
    auto y = convolution.pointwise(at::kFloat, "none");
    if (other) y.add_(kernels::fromBytes(other->value, others.scale, others.zero, at::kFloat));
    return kernels::toBytes(shim::activated(y, activation), to.scale, to.zero);
  });
}
