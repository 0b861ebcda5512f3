// The bits in which fingerprints differ, many at a time: the inner loop of every search for copies.

#include "internal.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define CIMAGE_POPCOUNT __attribute__((target("popcnt")))
static bool has_popcount(void) { return __builtin_cpu_supports("popcnt"); }
#else
#define CIMAGE_POPCOUNT
static bool has_popcount(void) { return false; }
#endif

static inline __attribute__((always_inline)) int32_t distance(
    const uint64_t *a, const uint64_t *b) {
  return __builtin_popcountll(a[0] ^ b[0]) + __builtin_popcountll(a[1] ^ b[1]);
}

static inline __attribute__((always_inline)) int32_t matches(
    const uint64_t *query, const uint64_t *list, int32_t count, int32_t most_bits,
    int32_t most_found, int32_t *out) {
  int32_t found = 0;
  for (int32_t i = 0; i < count && found < most_found; i++) {
    out[found] = i;
    found += distance(query, list + 2 * (int64_t)i) <= most_bits;
  }
  return found;
}

CIMAGE_POPCOUNT static int32_t matches_popcount(
    const uint64_t *query, const uint64_t *list, int32_t count, int32_t most_bits,
    int32_t most_found, int32_t *out) {
  return matches(query, list, count, most_bits, most_found, out);
}

int32_t cimage_fingerprint_matches(
    const uint64_t *query, const uint64_t *list, int32_t count, int32_t most_bits,
    int32_t most_found, int32_t *out) {
  return has_popcount() ? matches_popcount(query, list, count, most_bits, most_found, out)
                        : matches(query, list, count, most_bits, most_found, out);
}

static inline __attribute__((always_inline)) int64_t nearest(
    const uint64_t *query, const uint64_t *all, const uint32_t *rows, int32_t count,
    uint32_t skipped, int64_t best) {
  for (int32_t i = 0; i < count; i++) {
    if (rows[i] & skipped) continue;
    int64_t bits = distance(query, all + 2 * (int64_t)rows[i]);
    int64_t candidate = bits << 32 | rows[i];
    if (candidate < best) best = candidate;
  }
  return best;
}

CIMAGE_POPCOUNT static int64_t nearest_popcount(
    const uint64_t *query, const uint64_t *all, const uint32_t *rows, int32_t count,
    uint32_t skipped, int64_t best) {
  return nearest(query, all, rows, count, skipped, best);
}

int64_t cimage_fingerprint_nearest(
    const uint64_t *query, const uint64_t *all, const uint32_t *rows, int32_t count,
    uint32_t skipped, int64_t best) {
  return has_popcount() ? nearest_popcount(query, all, rows, count, skipped, best)
                        : nearest(query, all, rows, count, skipped, best);
}

static inline __attribute__((always_inline)) bool meet(
    const uint64_t *a, int32_t a_count, const uint64_t *b, int32_t b_count, int32_t most_bits) {
  for (int32_t i = 0; i < a_count; i++) {
    for (int32_t k = 0; k < b_count; k++) {
      if (distance(a + 2 * (int64_t)i, b + 2 * (int64_t)k) <= most_bits) return true;
    }
  }
  return false;
}

CIMAGE_POPCOUNT static bool meet_popcount(
    const uint64_t *a, int32_t a_count, const uint64_t *b, int32_t b_count, int32_t most_bits) {
  return meet(a, a_count, b, b_count, most_bits);
}

#if defined(__x86_64__)
// Four of `b` at a time with each of `a`: the least distance is looked at once in the end.
__attribute__((target("avx512f,avx512vpopcntdq"))) static bool meet_avx512(
    const uint64_t *a, int32_t a_count, const uint64_t *b, int32_t b_count, int32_t most_bits) {
  __m512i least = _mm512_set1_epi64(INT64_MAX);
  for (int32_t k = 0; k < b_count; k += 4) {
    int32_t words = b_count - k >= 4 ? 8 : 2 * (b_count - k);
    __mmask8 used = (__mmask8)((1u << words) - 1);
    __m512i four = _mm512_maskz_loadu_epi64(used, b + 2 * (int64_t)k);
    __m512i low = _mm512_set1_epi64(INT64_MAX);
    for (int32_t i = 0; i < a_count; i++) {
      __m512i one = _mm512_broadcast_i32x4(
          _mm_loadu_si128((const __m128i *)(a + 2 * (int64_t)i)));
      __m512i bits = _mm512_popcnt_epi64(_mm512_xor_si512(one, four));
      bits = _mm512_add_epi64(bits, _mm512_shuffle_epi32(bits, _MM_PERM_BADC));
      low = _mm512_min_epu64(low, bits);
    }
    least = _mm512_mask_min_epu64(least, used, least, low);
  }
  return _mm512_cmple_epi64_mask(least, _mm512_set1_epi64(most_bits)) != 0;
}

static bool has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vpopcntdq");
}
#endif

int32_t cimage_fingerprints_meet(
    const uint64_t *a, int32_t a_count, const uint64_t *b, int32_t b_count, int32_t most_bits) {
#if defined(__x86_64__)
  if (has_avx512()) return meet_avx512(a, a_count, b, b_count, most_bits);
#endif
  return has_popcount() ? meet_popcount(a, a_count, b, b_count, most_bits)
                        : meet(a, a_count, b, b_count, most_bits);
}
