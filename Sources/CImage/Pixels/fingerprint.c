// A picture's fingerprint: the signs of its 128 lowest frequencies. Whole numbers throughout, so
// that every machine gives the same bits.

#include <string.h>

#include "internal.h"

enum { SIDE = CIMAGE_FINGERPRINT_SIDE, FREQUENCIES = 13, BITS = 128 };

enum {
  // A frequency says something once it is this many grey levels (of an orthonormal transform)
  // strong: JPEG at quality 40 leaves an error of some 0.7.
  LEAST_STRENGTH = 2,
  // Fewer that say something, and the picture has no fingerprint.
  LEAST_TELLING = 64,
};

// round(16384 cos(π j / 64)), a quarter of a turn.
static const int16_t quarter_turn[SIDE + 1] = {
    16384, 16364, 16305, 16207, 16069, 15893, 15679, 15426, 15137, 14811, 14449, 14053, 13623,
    13160, 12665, 12140, 11585, 11003, 10394, 9760, 9102, 8423, 7723, 7005, 6270, 5520, 4756,
    3981, 3196, 2404, 1606, 804, 0,};

// The frequencies down and across, by their square sum, then down, then across.
static const uint8_t order[BITS][2] = {
    {0, 1}, {1, 0}, {1, 1}, {0, 2}, {2, 0}, {1, 2}, {2, 1}, {2, 2}, {0, 3}, {3, 0}, {1, 3},
    {3, 1}, {2, 3}, {3, 2}, {0, 4}, {4, 0}, {1, 4}, {4, 1}, {3, 3}, {2, 4}, {4, 2}, {0, 5},
    {3, 4}, {4, 3}, {5, 0}, {1, 5}, {5, 1}, {2, 5}, {5, 2}, {4, 4}, {3, 5}, {5, 3}, {0, 6},
    {6, 0}, {1, 6}, {6, 1}, {2, 6}, {6, 2}, {4, 5}, {5, 4}, {3, 6}, {6, 3}, {0, 7}, {7, 0},
    {1, 7}, {5, 5}, {7, 1}, {4, 6}, {6, 4}, {2, 7}, {7, 2}, {3, 7}, {7, 3}, {5, 6}, {6, 5},
    {0, 8}, {8, 0}, {1, 8}, {4, 7}, {7, 4}, {8, 1}, {2, 8}, {8, 2}, {6, 6}, {3, 8}, {8, 3},
    {5, 7}, {7, 5}, {4, 8}, {8, 4}, {0, 9}, {9, 0}, {1, 9}, {9, 1}, {2, 9}, {6, 7}, {7, 6},
    {9, 2}, {5, 8}, {8, 5}, {3, 9}, {9, 3}, {4, 9}, {9, 4}, {7, 7}, {0, 10}, {6, 8}, {8, 6},
    {10, 0}, {1, 10}, {10, 1}, {2, 10}, {10, 2}, {5, 9}, {9, 5}, {3, 10}, {10, 3}, {7, 8}, {8, 7},
    {4, 10}, {10, 4}, {6, 9}, {9, 6}, {0, 11}, {11, 0}, {1, 11}, {11, 1}, {2, 11}, {5, 10},
    {10, 5}, {11, 2}, {8, 8}, {3, 11}, {7, 9}, {9, 7}, {11, 3}, {6, 10}, {10, 6}, {4, 11},
    {11, 4}, {0, 12}, {12, 0}, {1, 12}, {8, 9}, {9, 8}, {12, 1}, {5, 11}, {11, 5},};

static int32_t cosine(int32_t j) {
  j &= 127;
  if (j > 64) j = 128 - j;
  return j <= 32 ? quarter_turn[j] : -quarter_turn[64 - j];
}

// The cosine transform's lowest coefficients, times 2²⁸ / 16 but for the rows and columns of
// frequency 0, which have another factor of √2.
static void transform(const uint8_t *grey, int64_t out[FREQUENCIES][FREQUENCIES]) {
  int32_t basis[FREQUENCIES][SIDE];
  for (int32_t k = 0; k < FREQUENCIES; k++) {
    for (int32_t x = 0; x < SIDE; x++) basis[k][x] = cosine(k * (2 * x + 1));
  }
  int32_t sum = 0;
  for (int32_t i = 0; i < SIDE * SIDE; i++) sum += grey[i];
  int32_t mean = (sum + SIDE * SIDE / 2) / (SIDE * SIDE);
  int32_t columns[FREQUENCIES][SIDE];  // the transform down, still in pixels across
  memset(columns, 0, sizeof columns);
  for (int32_t y = 0; y < SIDE; y++) {
    for (int32_t k = 0; k < FREQUENCIES; k++) {
      int32_t factor = basis[k][y];
      for (int32_t x = 0; x < SIDE; x++) columns[k][x] += factor * (grey[y * SIDE + x] - mean);
    }
  }
  for (int32_t down = 0; down < FREQUENCIES; down++) {
    for (int32_t across = 0; across < FREQUENCIES; across++) {
      int64_t value = 0;
      for (int32_t x = 0; x < SIDE; x++) value += (int64_t)columns[down][x] * basis[across][x];
      out[down][across] = value;
    }
  }
}

void cimage_fingerprint(const uint8_t *grey, uint64_t *out) {
  int64_t coefficients[FREQUENCIES][FREQUENCIES];
  transform(grey, coefficients);
  uint64_t words[2] = {0, 0};
  int32_t telling = 0;
  for (int32_t bit = 0; bit < BITS; bit++) {
    int32_t down = order[bit][0], across = order[bit][1];
    int64_t value = coefficients[down][across];
    if (value > 0) words[bit / 64] |= (uint64_t)1 << bit % 64;
    int64_t least = (int64_t)LEAST_STRENGTH << 32;
    // √2 = 181 / 128, near enough.
    if (down == 0 || across == 0) least = (least / 128) * 181;
    telling += value >= least || value <= -least;
  }
  if (telling < LEAST_TELLING) {
    words[0] = words[1] = 0;
  } else if (words[0] == 0 && words[1] == 0) {
    words[1] = (uint64_t)1 << 63;  // 0 means that there is none
  }
  out[0] = words[0];
  out[1] = words[1];
}
