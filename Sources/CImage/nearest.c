// The bits in which fingerprints differ, many at a time: the inner loop of every search for copies.

#include "internal.h"

#if defined(__x86_64__)
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
