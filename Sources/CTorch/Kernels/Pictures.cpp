#include "Pictures.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <vector>

namespace kernels {
namespace {

// A fused multiply-add would round once.
#pragma clang fp contract(off)

// Pixels that one pass of the inner loop takes, whatever the channels: a whole number of vectors.
constexpr int64_t pixelsAtOnce = 16;

// `scale` and `offset` are repeated for so many pixels, so that vectors run across channels.
void normalise(const uint8_t *in, float *out, int64_t values, const std::vector<float> &scale,
               const std::vector<float> &offset) {
  const int64_t length = static_cast<int64_t>(scale.size());
  const float *s = scale.data(), *o = offset.data();
  int64_t start = 0;
  for (; start + length <= values; start += length) {
    for (int64_t i = 0; i < length; i++) {
      float product = static_cast<float>(in[start + i]) * s[i];
      out[start + i] = product + o[i];
    }
  }
  for (int64_t i = 0; start + i < values; i++) {
    float product = static_cast<float>(in[start + i]) * s[i];
    out[start + i] = product + o[i];
  }
}

} // namespace

at::Tensor pictures(const uint8_t *bytes, int64_t count, int64_t rows, int64_t height,
                    int64_t width, int64_t channels, const float *scale, const float *offset) {
  TORCH_CHECK(count >= 0 && rows >= count && height > 0 && width > 0 && channels > 0, count,
              " pictures of ", height, "x", width, "x", channels, " do not fit ", rows, " rows");
  auto result =
      at::empty({rows, channels, height, width}, at::kFloat, at::MemoryFormat::ChannelsLast);
  std::vector<float> scales, offsets;
  for (int64_t i = 0; i < pixelsAtOnce; i++) {
    scales.insert(scales.end(), scale, scale + channels);
    offsets.insert(offsets.end(), offset, offset + channels);
  }
  float *out = result.data_ptr<float>();
  at::parallel_for(0, rows * height, 64, [&](int64_t begin, int64_t end) {
    const int64_t line = width * channels;
    const int64_t filled = std::clamp(count * height, begin, end);
    normalise(bytes + begin * line, out + begin * line, (filled - begin) * line, scales, offsets);
    for (int64_t i = filled * line; i < end * line; i++) out[i] = offset[i % channels];
  });
  return result;
}

} // namespace kernels
