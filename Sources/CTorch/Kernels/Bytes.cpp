#include "Bytes.h"

#include "Processors.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <vector>

namespace kernels {
namespace {

// Adding it rounds a float between -2²² and 2²² to a whole number, to the even of two.
constexpr float rounder = 12582912.0f;

// A NaN counts as the smallest number: `max` gives its first argument where they cannot be compared.
inline uint8_t nearest(float x, float inverse, float zero) {
  float q = std::min(std::max(-1024.0f, x * inverse), 1024.0f);
  q = (q + rounder) - rounder + zero;
  return static_cast<uint8_t>(static_cast<int32_t>(std::min(std::max(q, 0.0f), 255.0f)));
}

inline float widened(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, sizeof value);
  return value;
}

// To the nearest bfloat16, the even of two; of no NaN.
inline uint16_t narrowed(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<uint16_t>((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

FOR_EACH_PROCESSOR void toBytes(const float *in, uint8_t *out, int64_t count, float inverse,
                                float zero) {
  for (int64_t i = 0; i < count; i++) out[i] = nearest(in[i], inverse, zero);
}

FOR_EACH_PROCESSOR void toBytes(const uint16_t *in, uint8_t *out, int64_t count, float inverse,
                                float zero) {
  for (int64_t i = 0; i < count; i++) out[i] = nearest(widened(in[i]), inverse, zero);
}

FOR_EACH_PROCESSOR void toBytes(const float *in, uint8_t *out, int64_t count,
                                const float *inverses, const float *zeros, int64_t length) {
  for (int64_t start = 0; start < count; start += length) {
    const int64_t most = std::min(length, count - start);
    for (int64_t i = 0; i < most; i++)
      out[start + i] = nearest(in[start + i] * inverses[i] + zeros[i], 1.0f, 0.0f);
  }
}

FOR_EACH_PROCESSOR void fromBytes(const uint8_t *in, float *out, int64_t count, float scale,
                                  float zero) {
  for (int64_t i = 0; i < count; i++) out[i] = (static_cast<float>(in[i]) - zero) * scale;
}

FOR_EACH_PROCESSOR void fromBytes(const uint8_t *in, uint16_t *out, int64_t count, float scale,
                                  float zero) {
  for (int64_t i = 0; i < count; i++)
    out[i] = narrowed((static_cast<float>(in[i]) - zero) * scale);
}

FOR_EACH_PROCESSOR void addBytes(const uint8_t *in, int32_t *sums, int64_t count) {
  for (int64_t i = 0; i < count; i++) sums[i] += in[i];
}

void requireDense(const at::Tensor &x) {
  TORCH_CHECK(x.is_cpu() && x.is_non_overlapping_and_dense(),
              "expected a dense tensor on the CPU, got ", x.sizes());
}

constexpr int64_t elementsAtOnce = 1 << 15;

} // namespace

at::Tensor toBytes(const at::Tensor &x, double scale, int64_t zero) {
  requireDense(x);
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16,
              "only float32 and bfloat16 become bytes, not ", x.scalar_type());
  auto result = at::empty_like(x, x.options().dtype(at::kByte));
  auto *out = result.mutable_data_ptr<uint8_t>();
  const float inverse = 1.0f / static_cast<float>(scale), offset = static_cast<float>(zero);
  const bool isFloat = x.scalar_type() == at::kFloat;
  const void *in = x.const_data_ptr();
  at::parallel_for(0, x.numel(), elementsAtOnce, [&](int64_t begin, int64_t end) {
    if (isFloat)
      toBytes(static_cast<const float *>(in) + begin, out + begin, end - begin, inverse, offset);
    else
      toBytes(static_cast<const uint16_t *>(in) + begin, out + begin, end - begin, inverse, offset);
  });
  return result;
}

at::Tensor toPaddedBytes(const at::Tensor &x, const float *scale, const float *zero,
                         int64_t padding) {
  TORCH_CHECK(x.is_cpu() && x.dim() == 4 && x.scalar_type() == at::kFloat && padding >= 0,
              "expected float32 pictures [N, C, H, W] on the CPU, got ", x.scalar_type(), " ",
              x.sizes());
  auto pictures = x.contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t rows = x.size(0), channels = x.size(1), height = x.size(2), width = x.size(3);
  const int64_t tall = height + 2 * padding, wide = width + 2 * padding;
  auto result = at::empty({rows, channels, tall, wide}, x.options().dtype(at::kByte),
                          at::MemoryFormat::ChannelsLast);
  // Repeated so that vectors run across channels.
  constexpr int64_t pixelsAtOnce = 16;
  const int64_t length = pixelsAtOnce * channels;
  std::vector<float> inverses, zeros;
  std::vector<uint8_t> around;
  for (int64_t i = 0; i < length; i++) {
    inverses.push_back(1.0f / scale[i % channels]);
    zeros.push_back(zero[i % channels]);
    around.push_back(nearest(zero[i % channels], 1.0f, 0.0f));
  }
  const auto *in = pictures.const_data_ptr<float>();
  auto *out = result.mutable_data_ptr<uint8_t>();
  at::parallel_for(0, rows * tall, 64, [&](int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; line++) {
      uint8_t *to = out + line * wide * channels;
      const int64_t y = line % tall - padding;
      const bool isInside = y >= 0 && y < height;
      const int64_t before = isInside ? padding * channels : wide * channels;
      for (int64_t i = 0; i < before; i++) to[i] = around[i % length];
      if (!isInside) continue;
      const int64_t values = width * channels;
      toBytes(in + (line / tall * height + y) * values, to + before, values, inverses.data(),
              zeros.data(), length);
      for (int64_t i = 0; i < before; i++) to[before + values + i] = around[i % length];
    }
  });
  return result;
}

at::Tensor fromBytes(const at::Tensor &x, double scale, int64_t zero, at::ScalarType type) {
  requireDense(x);
  TORCH_CHECK(x.scalar_type() == at::kByte && (type == at::kFloat || type == at::kBFloat16),
              "bytes become float32 or bfloat16, not ", x.scalar_type(), " ", type);
  auto result = at::empty_like(x, x.options().dtype(type));
  const auto *in = x.const_data_ptr<uint8_t>();
  void *out = result.mutable_data_ptr();
  const float factor = static_cast<float>(scale), offset = static_cast<float>(zero);
  at::parallel_for(0, x.numel(), elementsAtOnce, [&](int64_t begin, int64_t end) {
    if (type == at::kFloat)
      fromBytes(in + begin, static_cast<float *>(out) + begin, end - begin, factor, offset);
    else
      fromBytes(in + begin, static_cast<uint16_t *>(out) + begin, end - begin, factor, offset);
  });
  return result;
}

at::Tensor meansOfBytes(const at::Tensor &x, double scale, int64_t zero) {
  TORCH_CHECK(x.dim() == 4 && x.scalar_type() == at::kByte && x.numel() > 0,
              "expected bytes [N, C, H, W], got ", x.scalar_type(), " ", x.sizes());
  auto bytes = x.contiguous(at::MemoryFormat::ChannelsLast);
  const int64_t rows = x.size(0), channels = x.size(1), pixels = x.size(2) * x.size(3);
  TORCH_CHECK(pixels < 1 << 23, "too many pixels to add in 32 bits: ", x.sizes());
  auto result = at::empty({rows, channels}, x.options().dtype(at::kFloat));
  const auto *in = bytes.const_data_ptr<uint8_t>();
  auto *out = result.mutable_data_ptr<float>();
  at::parallel_for(0, rows, 1, [&](int64_t begin, int64_t end) {
    std::vector<int32_t> sums(channels);
    for (int64_t row = begin; row < end; row++) {
      std::fill(sums.begin(), sums.end(), 0);
      for (int64_t pixel = 0; pixel < pixels; pixel++)
        addBytes(in + (row * pixels + pixel) * channels, sums.data(), channels);
      for (int64_t channel = 0; channel < channels; channel++) {
        const double mean = static_cast<double>(sums[channel]) / static_cast<double>(pixels);
        out[row * channels + channel] =
            static_cast<float>((mean - static_cast<double>(zero)) * scale);
      }
    }
  });
  return result;
}

void countValues(const at::Tensor &x, int64_t *counts) {
  constexpr size_t kinds = 1 << 16;
  requireDense(x);
  TORCH_CHECK(x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16,
              "expected float32 or bfloat16, got ", x.scalar_type());
  const bool isFloat = x.scalar_type() == at::kFloat;
  const void *in = x.const_data_ptr();
  std::mutex lock;
  at::parallel_for(0, x.numel(), 1 << 20, [&](int64_t begin, int64_t end) {
    std::vector<int64_t> mine(kinds);
    if (isFloat)
      for (int64_t i = begin; i < end; i++) mine[narrowed(static_cast<const float *>(in)[i])]++;
    else
      for (int64_t i = begin; i < end; i++) mine[static_cast<const uint16_t *>(in)[i]]++;
    std::lock_guard<std::mutex> guard(lock);
    for (size_t kind = 0; kind < kinds; kind++) counts[kind] += mine[kind];
  });
}

std::pair<at::Tensor, at::Tensor> toSignedBytes(const at::Tensor &weight) {
  TORCH_CHECK(weight.dim() >= 2 && weight.scalar_type() == at::kFloat,
              "expected float32 weights of two axes or more, got ", weight.scalar_type(), " ",
              weight.sizes());
  std::vector<int64_t> others, row(weight.dim(), 1);
  for (int64_t axis = 1; axis < weight.dim(); axis++) others.push_back(axis);
  row[0] = -1;
  auto largest = weight.abs().amax(others);
  // Of a row of zeros any scale is right.
  auto scales = at::where(largest > 0, largest / 127, at::ones_like(largest));
  auto whole = at::round(weight / scales.view(row)).clamp(-127, 127);
  return {whole.to(at::kChar), scales};
}

} // namespace kernels
