// Tensors: life, contents, shapes.
#include "Kernels/Pictures.h"
#include "Shim.h"

#include <ATen/CPUGeneratorImpl.h>

using shim::guarded;
using shim::produce;

namespace {
at::IntArrayRef span(const int64_t *values, int32_t count) {
  return at::IntArrayRef(values, static_cast<size_t>(count));
}

at::TensorOptions options(int32_t dtype, int32_t device) {
  return at::TensorOptions().dtype(shim::scalarType(dtype)).device(shim::device(device));
}
} // namespace

int32_t ctorch_tensor_from_bytes(const void *bytes, int64_t byte_count, const int64_t *shape,
                                 int32_t rank, int32_t dtype, int32_t device, ctorch_tensor **out) {
  return produce(out, [&] {
    auto needed = at::empty(span(shape, rank), options(dtype, CTORCH_META)).nbytes();
    TORCH_CHECK(static_cast<int64_t>(needed) == byte_count, "the shape needs ", needed,
                " bytes, got ", byte_count);
    auto tensor = at::empty(span(shape, rank), options(dtype, CTORCH_CPU));
    if (byte_count > 0) std::memcpy(tensor.data_ptr(), bytes, byte_count);
    return device == CTORCH_CPU ? tensor : tensor.to(shim::device(device));
  });
}

int32_t ctorch_pictures(const uint8_t *bytes, int64_t count, int64_t rows, int64_t height,
                        int64_t width, int64_t channels, const float *scale, const float *offset,
                        ctorch_tensor **out) {
  return produce(out, [&] {
    return kernels::pictures(bytes, count, rows, height, width, channels, scale, offset);
  });
}

int32_t ctorch_tensor_empty(const int64_t *shape, int32_t rank, int32_t dtype, int32_t device,
                            ctorch_tensor **out) {
  return produce(out, [&] { return at::empty(span(shape, rank), options(dtype, device)); });
}

int32_t ctorch_tensor_full(const int64_t *shape, int32_t rank, double value, int32_t dtype,
                           int32_t device, ctorch_tensor **out) {
  return produce(out, [&] { return at::full(span(shape, rank), value, options(dtype, device)); });
}

void ctorch_tensor_free(ctorch_tensor *tensor) { delete tensor; }

int32_t ctorch_tensor_rank(const ctorch_tensor *tensor) {
  return static_cast<int32_t>(tensor->value.dim());
}

int64_t ctorch_tensor_size(const ctorch_tensor *tensor, int32_t axis) {
  return tensor->value.sizes()[axis];
}

int64_t ctorch_tensor_count(const ctorch_tensor *tensor) { return tensor->value.numel(); }

int32_t ctorch_tensor_dtype(const ctorch_tensor *tensor) {
  switch (tensor->value.scalar_type()) {
  case at::kByte: return CTORCH_UINT8;
  case at::kInt: return CTORCH_INT32;
  case at::kLong: return CTORCH_INT64;
  case at::kFloat: return CTORCH_FLOAT32;
  case at::kDouble: return CTORCH_FLOAT64;
  case at::kBFloat16: return CTORCH_BFLOAT16;
  case at::kHalf: return CTORCH_FLOAT16;
  case at::kBool: return CTORCH_BOOL;
  case at::kChar: return CTORCH_INT8;
  default: return CTORCH_KEEP;
  }
}

int32_t ctorch_tensor_device(const ctorch_tensor *tensor) {
  if (tensor->value.is_cuda()) return CTORCH_CUDA | tensor->value.get_device() << 8;
  return tensor->value.is_meta() ? CTORCH_META : CTORCH_CPU;
}

bool ctorch_tensor_is_channels_last(const ctorch_tensor *tensor) {
  auto &value = tensor->value;
  if (value.layout() != at::kStrided) return false;
  return value.is_contiguous(at::MemoryFormat::ChannelsLast) ||
         value.is_contiguous(at::MemoryFormat::ChannelsLast3d);
}

int32_t ctorch_tensor_bytes(const ctorch_tensor *tensor, void *bytes, int64_t byte_count) {
  return guarded([&] {
    auto host = tensor->value.detach().to(at::kCPU).contiguous();
    TORCH_CHECK(static_cast<int64_t>(host.nbytes()) == byte_count, "the tensor has ",
                host.nbytes(), " bytes, the buffer ", byte_count);
    if (byte_count > 0) std::memcpy(bytes, host.const_data_ptr(), byte_count);
  });
}

int32_t ctorch_tensor_item(const ctorch_tensor *tensor, double *out) {
  return guarded([&] { *out = tensor->value.item<double>(); });
}

int32_t ctorch_tensor_to(const ctorch_tensor *tensor, int32_t dtype, int32_t device,
                         ctorch_tensor **out) {
  return produce(out, [&] {
    auto &value = tensor->value;
    auto type = dtype == CTORCH_KEEP ? value.scalar_type() : shim::scalarType(dtype);
    auto place = device == CTORCH_KEEP ? value.device() : shim::device(device);
    return value.to(place, type);
  });
}

int32_t ctorch_tensor_channels_last(const ctorch_tensor *tensor, ctorch_tensor **out) {
  return produce(out, [&] {
    auto format = tensor->value.dim() == 5 ? at::MemoryFormat::ChannelsLast3d
                                           : at::MemoryFormat::ChannelsLast;
    return tensor->value.contiguous(format);
  });
}

int32_t ctorch_tensor_clone(const ctorch_tensor *tensor, ctorch_tensor **out) {
  return produce(out, [&] { return tensor->value.detach().clone(); });
}

int32_t ctorch_tensor_detach(const ctorch_tensor *tensor, ctorch_tensor **out) {
  return produce(out, [&] { return tensor->value.detach(); });
}

int32_t ctorch_tensor_copy(ctorch_tensor *tensor, const ctorch_tensor *source) {
  return guarded([&] {
    at::NoGradGuard guard;
    TORCH_CHECK(tensor->value.sizes() == source->value.sizes(), "the shapes differ");
    tensor->value.copy_(source->value);
  });
}

int32_t ctorch_tensor_fill(ctorch_tensor *tensor, double value) {
  return guarded([&] {
    at::NoGradGuard guard;
    tensor->value.fill_(value);
  });
}

int32_t ctorch_reshape(const ctorch_tensor *x, const int64_t *shape, int32_t rank,
                       ctorch_tensor **out) {
  return produce(out, [&] { return x->value.reshape(span(shape, rank)); });
}

int32_t ctorch_permute(const ctorch_tensor *x, const int64_t *axes, int32_t rank,
                       ctorch_tensor **out) {
  return produce(out, [&] { return x->value.permute(span(axes, rank)); });
}

int32_t ctorch_narrow(const ctorch_tensor *x, int64_t axis, int64_t start, int64_t length,
                      ctorch_tensor **out) {
  return produce(out, [&] { return x->value.narrow(axis, start, length); });
}

int32_t ctorch_slice(const ctorch_tensor *x, int64_t axis, int64_t start, int64_t end, int64_t step,
                     ctorch_tensor **out) {
  return produce(out, [&] { return x->value.slice(axis, start, end, step); });
}

int32_t ctorch_pad(const ctorch_tensor *x, const int64_t *padding, int32_t count, int64_t value,
                   ctorch_tensor **out) {
  return produce(out, [&] {
    return at::constant_pad_nd(x->value, at::IntArrayRef(padding, static_cast<size_t>(count)), value);
  });
}

int32_t ctorch_expand(const ctorch_tensor *x, const int64_t *shape, int32_t rank,
                      ctorch_tensor **out) {
  return produce(out, [&] {
    return x->value.expand(at::IntArrayRef(shape, static_cast<size_t>(rank)));
  });
}

int32_t ctorch_concatenate(const ctorch_tensor *const *tensors, int32_t count, int64_t axis,
                           ctorch_tensor **out) {
  return produce(out, [&] { return at::cat(shim::list(tensors, count), axis); });
}

int32_t ctorch_generator_make(uint64_t seed, ctorch_generator **out) {
  *out = nullptr;
  return guarded([&] { *out = new ctorch_generator{at::detail::createCPUGenerator(seed)}; });
}

void ctorch_generator_free(ctorch_generator *generator) { delete generator; }

int32_t ctorch_fill_normal(ctorch_tensor *x, double mean, double deviation,
                           ctorch_generator *generator) {
  return guarded([&] {
    at::NoGradGuard guard;
    x->value.normal_(mean, deviation, generator->value);
  });
}

int32_t ctorch_fill_uniform(ctorch_tensor *x, double low, double high,
                            ctorch_generator *generator) {
  return guarded([&] {
    at::NoGradGuard guard;
    x->value.uniform_(low, high, generator->value);
  });
}
