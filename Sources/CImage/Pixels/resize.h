#ifndef CIMAGE_RESIZE_H
#define CIMAGE_RESIZE_H

#include "internal.h"

// Coefficients are integers of this many fractional bits, so that a pass is exact arithmetic: the
// same bytes from every kernel and on every machine.
#define CIMAGE_PRECISION 22
// For kernels with 16-bit multiplications a coefficient is high × 2^11 + low.
#define CIMAGE_LOW_BITS 11

// What the results of one axis are made of: result i is the sum over k of coefficient
// [i × most + k] × pixel [start[i] + k], k < count[i]; the other coefficients are zero.
typedef struct {
  int32_t outputs;
  int32_t most;  // coefficients a result, a multiple of four
  int32_t *start;
  int32_t *count;
  int32_t *coefficients;
} cimage_taps;

// `rows` rows of `taps->outputs` × `channels`. The source may be read up to the padding past its
// last pixel, and each row of `out` written one byte past its last one.
typedef void cimage_horizontal(
    const uint8_t *source, int64_t stride, int32_t rows, int32_t channels,
    const cimage_taps *taps, uint8_t *out, int64_t out_stride);

// `taps->outputs` rows of `width` bytes. The source may be read up to the padding past its end.
typedef void cimage_vertical(
    const uint8_t *source, int64_t stride, int32_t width, const cimage_taps *taps, uint8_t *out,
    int64_t out_stride);

cimage_horizontal cimage_horizontal_portable;
cimage_vertical cimage_vertical_portable;

#if defined(__x86_64__)
bool cimage_has_avx2(void);
cimage_horizontal cimage_horizontal_rgb_avx2;
cimage_vertical cimage_vertical_avx2;
#endif

static inline uint8_t cimage_round(int32_t sum) {
  int32_t value = (sum + (1 << (CIMAGE_PRECISION - 1))) >> CIMAGE_PRECISION;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

#endif
