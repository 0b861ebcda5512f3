// What AutoAugment and RandAugment do to a picture, in Pillow's arithmetic: the same bytes.

#include <math.h>
#include <string.h>

#include "internal.h"

void cimage_count_values(
    const uint8_t *pixels, int64_t count, int32_t channels, uint32_t *counts) {
  memset(counts, 0, (size_t)channels * 256 * sizeof(*counts));
  for (int64_t i = 0; i < count; i++) {
    for (int32_t c = 0; c < channels; c++) counts[256 * c + *pixels++]++;
  }
}

int64_t cimage_grey_sum(const uint8_t *pixels, int64_t count, int32_t channels) {
  int64_t sum = 0;
  for (int64_t i = 0; i < count; i++, pixels += channels) {
    sum += channels == 1 ? pixels[0] : cimage_grey(pixels);
  }
  return sum;
}

void cimage_look_up(uint8_t *pixels, int64_t count, int32_t channels, const uint8_t *tables) {
  for (int64_t i = 0; i < count; i++) {
    for (int32_t c = 0; c < channels; c++, pixels++) *pixels = tables[256 * c + *pixels];
  }
}

// ImagingBlend: from `base` towards `value`, and beyond it where `factor` is above 1.
static uint8_t blended(uint8_t base, uint8_t value, float factor) {
  float result = (float)base + factor * (float)((int)value - (int)base);
  return result <= 0 ? 0 : result >= 255 ? 255 : (uint8_t)result;
}

void cimage_saturate(uint8_t *pixels, int64_t count, int32_t channels, float factor) {
  if (channels == 1) return;
  for (int64_t i = 0; i < count; i++, pixels += 3) {
    uint8_t grey = cimage_grey(pixels);
    for (int32_t c = 0; c < 3; c++) pixels[c] = blended(grey, pixels[c], factor);
  }
}

void cimage_sharpen(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, float factor,
    uint8_t *out) {
  // ImageFilter.SMOOTH; the outermost pixels stay as they are.
  const float side = 1.0f / 13.0f, middle = 5.0f / 13.0f;
  int64_t stride = (int64_t)width * channels;
  memcpy(out, pixels, (size_t)(stride * height));
  for (int32_t y = 1; y + 1 < height; y++) {
    for (int64_t i = channels; i < stride - channels; i++) {
      const uint8_t *at = pixels + y * stride + i;
      const uint8_t *below = at + stride, *above = at - stride;
      float sum = 0.5f;
      sum += (float)below[-channels] * side + (float)below[0] * side + (float)below[channels] * side;
      sum += (float)at[-channels] * side + (float)at[0] * middle + (float)at[channels] * side;
      sum += (float)above[-channels] * side + (float)above[0] * side + (float)above[channels] * side;
      uint8_t smooth = sum <= 0 ? 0 : sum >= 255 ? 255 : (uint8_t)sum;
      out[y * stride + i] = blended(smooth, *at, factor);
    }
  }
}

static int64_t fixed(double value) { return (int64_t)floor(value * 65536 + 0.5); }

void cimage_affine(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, const double *matrix,
    uint8_t *out) {
  memset(out, 0, (size_t)width * (size_t)height * (size_t)channels);
  // The middle of a pixel in numbers of 16 binary places, as Pillow's nearest neighbours.
  int64_t across_x = fixed(matrix[0]), down_x = fixed(matrix[1]);
  int64_t across_y = fixed(matrix[3]), down_y = fixed(matrix[4]);
  int64_t row_x = fixed(matrix[2] + matrix[0] * 0.5 + matrix[1] * 0.5);
  int64_t row_y = fixed(matrix[5] + matrix[3] * 0.5 + matrix[4] * 0.5);
  for (int32_t y = 0; y < height; y++, row_x += down_x, row_y += down_y) {
    int64_t from_x = row_x, from_y = row_y;
    for (int32_t x = 0; x < width; x++, out += channels, from_x += across_x, from_y += across_y) {
      int64_t column = from_x >> 16, row = from_y >> 16;
      if (column < 0 || column >= width || row < 0 || row >= height) continue;
      const uint8_t *from = pixels + (row * width + column) * channels;
      out[0] = from[0];
      if (channels == 1) continue;
      out[1] = from[1];
      out[2] = from[2];
    }
  }
}

void cimage_mix(uint8_t *a, uint8_t *b, int64_t count, float share) {
  float rest = 1 - share;
  for (int64_t i = 0; i < count; i++) {
    float first = a[i], second = b[i];
    a[i] = (uint8_t)rintf(first * share + second * rest);
    b[i] = (uint8_t)rintf(second * share + first * rest);
  }
}

void cimage_swap(
    uint8_t *a, uint8_t *b, int64_t stride, int32_t channels, int32_t x, int32_t y, int32_t width,
    int32_t height) {
  for (int32_t row = y; row < y + height; row++) {
    int64_t start = row * stride + (int64_t)x * channels;
    for (int64_t i = start; i < start + (int64_t)width * channels; i++) {
      uint8_t value = a[i];
      a[i] = b[i];
      b[i] = value;
    }
  }
}
