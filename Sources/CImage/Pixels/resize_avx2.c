// The two passes with AVX2: pairs of pixels times pairs of 16-bit coefficient halves, summed to 32
// bits (vpmaddwd), so that the results equal the portable kernels' bit for bit.

#include "resize.h"

#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#define AVX2 __attribute__((target("avx2")))

bool cimage_has_avx2(void) { return __builtin_cpu_supports("avx2"); }

// Two coefficients' halves, each pair in one 32-bit lane.
typedef struct {
  int32_t low, high;
} halves;

static inline halves split(int32_t first, int32_t second) {
  // Low halves are never negative; high halves carry the sign, which must stay in its 16 bits.
  const uint32_t mask = (1 << CIMAGE_LOW_BITS) - 1;
  uint32_t low = ((uint32_t)first & mask) | ((uint32_t)second & mask) << 16;
  uint32_t high = ((uint32_t)(first >> CIMAGE_LOW_BITS) & 0xFFFF) |
                  (uint32_t)(second >> CIMAGE_LOW_BITS) << 16;
  return (halves){(int32_t)low, (int32_t)high};
}

// Four coefficients at `from` as pairs of 16-bit halves, spread to the lanes of four RGB pixels: the
// first pair for the lower half of the register, the second for the upper.
AVX2 static inline void spread_taps(const int32_t *from, __m256i *lows, __m256i *highs) {
  __m128i taps = _mm_loadu_si128((const __m128i *)from);
  __m128i low = _mm_and_si128(taps, _mm_set1_epi32((1 << CIMAGE_LOW_BITS) - 1));
  __m128i high = _mm_srai_epi32(taps, CIMAGE_LOW_BITS);
  __m256i pairs = _mm256_castsi128_si256(_mm_packs_epi32(low, high));
  *lows = _mm256_permutevar8x32_epi32(pairs, _mm256_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1));
  *highs = _mm256_permutevar8x32_epi32(pairs, _mm256_setr_epi32(2, 2, 2, 2, 3, 3, 3, 3));
}

// The sums of each register's halves: the first one's below the second one's.
AVX2 static inline __m256i sum_of_halves(__m256i a, __m256i b) {
  return _mm256_add_epi32(
      _mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
}

// Four pixels of one row, the first one at `from`, in pairs: two in each half of the register.
AVX2 static inline __m256i pixel_pairs(const uint8_t *from) {
  const __m256i spread = _mm256_setr_epi8(
      0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1,  //
      6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1);
  __m128i raw = _mm_loadu_si128((const __m128i *)from);
  return _mm256_shuffle_epi8(_mm256_broadcastsi128_si256(raw), spread);
}

enum { ROWS = 4, COLUMNS = 32 };

// The results first ..< first + count of four rows that may be one.
AVX2 static inline void horizontal_block(
    const uint8_t *const lines[ROWS], uint8_t *const targets[ROWS], const cimage_taps *taps,
    const __m256i *lows, const __m256i *highs, int32_t first, int32_t count) {
  const __m256i half = _mm256_set1_epi32(1 << (CIMAGE_PRECISION - 1));
  for (int32_t x = 0; x < count; x++) {
    int64_t offset = (int64_t)taps->start[first + x] * 3;
    __m256i low[ROWS], high[ROWS];
    for (int32_t i = 0; i < ROWS; i++) {
      __m256i pairs = pixel_pairs(lines[i] + offset);
      low[i] = _mm256_madd_epi16(pairs, lows[x]);
      high[i] = _mm256_madd_epi16(pairs, highs[x]);
    }
    const int32_t *coefficients = taps->coefficients + (int64_t)(first + x) * taps->most;
    for (int32_t k = 4; k < taps->count[first + x]; k += 4) {
      __m256i more_lows, more_highs;
      spread_taps(coefficients + k, &more_lows, &more_highs);
      for (int32_t i = 0; i < ROWS; i++) {
        __m256i pairs = pixel_pairs(lines[i] + offset + 3 * k);
        low[i] = _mm256_add_epi32(low[i], _mm256_madd_epi16(pairs, more_lows));
        high[i] = _mm256_add_epi32(high[i], _mm256_madd_epi16(pairs, more_highs));
      }
    }
    for (int32_t i = 0; i < ROWS; i++) {
      low[i] = _mm256_add_epi32(low[i], _mm256_slli_epi32(high[i], CIMAGE_LOW_BITS));
    }
    // Two rows to a register, then all four: 0 and 2 in its lower half, 1 and 3 in its upper one.
    __m256i upper = sum_of_halves(low[0], low[1]), lower = sum_of_halves(low[2], low[3]);
    upper = _mm256_srai_epi32(_mm256_add_epi32(upper, half), CIMAGE_PRECISION);
    lower = _mm256_srai_epi32(_mm256_add_epi32(lower, half), CIMAGE_PRECISION);
    __m256i words = _mm256_packs_epi32(upper, lower);
    __m256i bytes = _mm256_packus_epi16(words, words);
    int64_t pixels[2] = {
        _mm_cvtsi128_si64(_mm256_castsi256_si128(bytes)),
        _mm_cvtsi128_si64(_mm256_extracti128_si256(bytes, 1))};
    for (int32_t i = 0; i < ROWS; i++) {
      int32_t pixel = (int32_t)(pixels[i & 1] >> (32 * (i >> 1)));
      memcpy(targets[i] + 3 * (int64_t)(first + x), &pixel, 4);
    }
  }
}

// Four pixels of four rows times four coefficients at a time, some columns after the others, so that
// coefficients are taken apart once for all rows. A result's fourth byte is written over by the next one:
// columns go from left to right.
AVX2 void cimage_horizontal_rgb_avx2(
    const uint8_t *source, int64_t stride, int32_t rows, int32_t channels,
    const cimage_taps *taps, uint8_t *out, int64_t out_stride) {
  (void)channels;
  __m256i lows[COLUMNS], highs[COLUMNS];
  for (int32_t first = 0; first < taps->outputs; first += COLUMNS) {
    int32_t count = taps->outputs - first < COLUMNS ? taps->outputs - first : COLUMNS;
    for (int32_t x = 0; x < count; x++) {
      spread_taps(taps->coefficients + (int64_t)(first + x) * taps->most, &lows[x], &highs[x]);
    }
    for (int32_t y = 0; y < rows; y += ROWS) {
      // A short last block repeats its last row instead of having a loop of its own.
      const uint8_t *lines[ROWS];
      uint8_t *targets[ROWS];
      for (int32_t i = 0; i < ROWS; i++) {
        int32_t line = y + i < rows ? y + i : rows - 1;
        lines[i] = source + line * stride;
        targets[i] = out + line * out_stride;
      }
      horizontal_block(lines, targets, taps, lows, highs, first, count);
    }
  }
}

AVX2 void cimage_vertical_avx2(
    const uint8_t *source, int64_t stride, int32_t width, const cimage_taps *taps, uint8_t *out,
    int64_t out_stride) {
  const __m256i half = _mm256_set1_epi32(1 << (CIMAGE_PRECISION - 1));
  const __m256i zero = _mm256_setzero_si256();
  for (int32_t y = 0; y < taps->outputs; y++) {
    const int32_t *coefficients = taps->coefficients + (int64_t)y * taps->most;
    const uint8_t *top = source + taps->start[y] * stride;
    int32_t count = taps->count[y];
    for (int32_t x = 0; x < width; x += 32) {
      __m256i low[4], high[4];
      for (int i = 0; i < 4; i++) low[i] = high[i] = zero;
      for (int32_t k = 0; k < count; k += 2) {
        const uint8_t *from = top + k * stride + x;
        // An odd last row is paired with itself, times a coefficient of zero.
        const uint8_t *next = k + 1 < count ? from + stride : from;
        halves pair = split(coefficients[k], k + 1 < count ? coefficients[k + 1] : 0);
        __m256i lows = _mm256_set1_epi32(pair.low), highs = _mm256_set1_epi32(pair.high);
        __m256i a = _mm256_loadu_si256((const __m256i *)from);
        __m256i b = _mm256_loadu_si256((const __m256i *)next);
        __m256i left = _mm256_unpacklo_epi8(a, b), right = _mm256_unpackhi_epi8(a, b);
        __m256i pairs[4] = {
            _mm256_unpacklo_epi8(left, zero), _mm256_unpackhi_epi8(left, zero),
            _mm256_unpacklo_epi8(right, zero), _mm256_unpackhi_epi8(right, zero)};
        for (int i = 0; i < 4; i++) {
          low[i] = _mm256_add_epi32(low[i], _mm256_madd_epi16(pairs[i], lows));
          high[i] = _mm256_add_epi32(high[i], _mm256_madd_epi16(pairs[i], highs));
        }
      }
      __m256i sums[4];
      for (int i = 0; i < 4; i++) {
        sums[i] = _mm256_add_epi32(low[i], _mm256_slli_epi32(high[i], CIMAGE_LOW_BITS));
        sums[i] = _mm256_srai_epi32(_mm256_add_epi32(sums[i], half), CIMAGE_PRECISION);
      }
      // Packing works within 128-bit halves, which undoes what unpacking did there.
      __m256i bytes = _mm256_packus_epi16(
          _mm256_packs_epi32(sums[0], sums[1]), _mm256_packs_epi32(sums[2], sums[3]));
      uint8_t *to = out + y * out_stride + x;
      if (width - x >= 32) {
        _mm256_storeu_si256((__m256i *)to, bytes);
      } else {
        uint8_t tail[32];
        _mm256_storeu_si256((__m256i *)tail, bytes);
        memcpy(to, tail, (size_t)(width - x));
      }
    }
  }
}

#endif
