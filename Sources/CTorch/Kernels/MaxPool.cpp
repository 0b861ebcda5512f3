#include "MaxPool.h"

#include "Processors.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace kernels {
namespace {

// Whole numbers in the order of the floating-point numbers that have these bits, every NaN above all.
template <class Whole> inline Whole ordered(Whole bits, Whole infinity) {
  constexpr Whole most = std::numeric_limits<Whole>::max();
  const Whole magnitude = bits & most;
  const Whole inOrder = bits < 0 ? static_cast<Whole>(bits ^ most) : bits;
  return magnitude > infinity ? most : inOrder;
}

// The way back: its own inverse but for NaNs, of which all become one.
template <class Whole> inline Whole bitsOf(Whole inOrder) {
  return inOrder < 0 ? static_cast<Whole>(inOrder ^ std::numeric_limits<Whole>::max()) : inOrder;
}

FOR_EACH_PROCESSOR void raise(uint8_t *best, const uint8_t *in, int64_t count) {
  for (int64_t i = 0; i < count; i++) best[i] = std::max(best[i], in[i]);
}

FOR_EACH_PROCESSOR void raise(int16_t *best, const int16_t *in, int64_t count) {
  constexpr int16_t infinity = 0x7f80;
  for (int64_t i = 0; i < count; i++) best[i] = std::max(best[i], ordered(in[i], infinity));
}

FOR_EACH_PROCESSOR void raise(int32_t *best, const int32_t *in, int64_t count) {
  constexpr int32_t infinity = 0x7f800000;
  for (int64_t i = 0; i < count; i++) best[i] = std::max(best[i], ordered(in[i], infinity));
}

void finish(uint8_t *, int64_t) {}

FOR_EACH_PROCESSOR void finish(int16_t *best, int64_t count) {
  for (int64_t i = 0; i < count; i++) best[i] = bitsOf(best[i]);
}

FOR_EACH_PROCESSOR void finish(int32_t *best, int64_t count) {
  for (int64_t i = 0; i < count; i++) best[i] = bitsOf(best[i]);
}

template <class Element>
void pool(const at::Tensor &x, at::Tensor &result, int64_t kernel, int64_t stride,
          int64_t padding) {
  const int64_t channels = x.size(1), height = x.size(2), width = x.size(3);
  const int64_t tall = result.size(2), wide = result.size(3);
  const auto *in = static_cast<const Element *>(x.const_data_ptr());
  auto *out = static_cast<Element *>(result.mutable_data_ptr());
  at::parallel_for(0, x.size(0) * tall, 1, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; line++) {
      const int64_t top = line % tall * stride - padding;
      const Element *picture = in + line / tall * height * width * channels;
      for (int64_t column = 0; column < wide; column++) {
        const int64_t left = column * stride - padding;
        Element *best = out + (line * wide + column) * channels;
        std::fill(best, best + channels, std::numeric_limits<Element>::min());
        for (int64_t y = std::max<int64_t>(top, 0); y < std::min(top + kernel, height); y++)
          for (int64_t x = std::max<int64_t>(left, 0); x < std::min(left + kernel, width); x++)
            raise(best, picture + (y * width + x) * channels, channels);
        finish(best, channels);
      }
    }
  });
}

} // namespace

bool maxPools(const at::Tensor &x) {
  const auto type = x.scalar_type();
  return x.is_cpu() && x.dim() == 4 && x.numel() > 0 &&
         x.is_contiguous(at::MemoryFormat::ChannelsLast) &&
         (type == at::kByte || type == at::kBFloat16 || type == at::kFloat);
}

at::Tensor maxPool(const at::Tensor &x, int64_t kernel, int64_t stride, int64_t padding) {
  TORCH_CHECK(maxPools(x) && kernel > 0 && stride > 0 && padding >= 0 && 2 * padding <= kernel,
              "a window of ", kernel, " with the step ", stride, " and ", padding,
              " around does not fit ", x.sizes());
  const int64_t tall = (x.size(2) + 2 * padding - kernel) / stride + 1;
  const int64_t wide = (x.size(3) + 2 * padding - kernel) / stride + 1;
  TORCH_CHECK(x.size(2) + 2 * padding >= kernel && x.size(3) + 2 * padding >= kernel, x.sizes(),
              " is smaller than the window ", kernel);
  auto result = at::empty({x.size(0), x.size(1), tall, wide}, x.options(),
                          at::MemoryFormat::ChannelsLast);
  switch (x.scalar_type()) {
  case at::kByte: pool<uint8_t>(x, result, kernel, stride, padding); break;
  case at::kBFloat16: pool<int16_t>(x, result, kernel, stride, padding); break;
  default: pool<int32_t>(x, result, kernel, stride, padding);
  }
  return result;
}

} // namespace kernels
