// The small grey squares that fingerprints are made of, one of the whole picture and one without
// its margin: block means first, at the speed of memory, then the antialiased resize of what is
// left, so that copies of one picture at two sizes give nearly the same.

#include <string.h>

#include "resize.h"

// What is cut away on each side for the second one. Of copies that lost up to 5 % on each side, 3 %
// find most: half of it is between the two.
static const double INNER_MARGIN = 0.03;

enum {
  LEAST_BLOCKS = 48,  // a side keeps at least so many blocks, more than a fingerprint looks at
  PIECE = 4096,       // pixels of a row at a time
  MOST_PIXELS = 256,  // a side of a block; 256 rows of 255 fit 16 bits, 256² times 256 fit 32
};

static int32_t block_side(int32_t length) {
  int32_t side = length / LEAST_BLOCKS;
  return side < 1 ? 1 : side > MOST_PIXELS ? MOST_PIXELS : side;
}

// Adds `count` bytes of each of `rows` rows, and makes grey of the sums, times 256.
static inline __attribute__((always_inline)) void grey_of_rows(
    const uint8_t *restrict pixels, int64_t stride, int32_t rows, int32_t width,
    int32_t channels, uint16_t *restrict sums, uint32_t *restrict grey) {
  int64_t count = (int64_t)width * channels;
  memset(sums, 0, (size_t)count * sizeof(uint16_t));
  for (int32_t y = 0; y < rows; y++) {
    const uint8_t *restrict row = pixels + y * stride;
    for (int64_t x = 0; x < count; x++) sums[x] = (uint16_t)(sums[x] + row[x]);
  }
  if (channels == 1) {
    for (int64_t x = 0; x < width; x++) grey[x] = 256u * sums[x];
  } else {
    for (int64_t x = 0; x < width; x++) {
      grey[x] = 77u * sums[3 * x] + 150u * sums[3 * x + 1] + 29u * sums[3 * x + 2];
    }
  }
}

#if defined(__x86_64__)
// The same loops, for the compiler to widen.
__attribute__((target("avx2"))) static void grey_of_rows_avx2(
    const uint8_t *pixels, int64_t stride, int32_t rows, int32_t width, int32_t channels,
    uint16_t *sums, uint32_t *grey) {
  grey_of_rows(pixels, stride, rows, width, channels, sums, grey);
}
#endif

static void sum_rows(
    bool plain, const uint8_t *pixels, int64_t stride, int32_t rows, int32_t width,
    int32_t channels, uint16_t *sums, uint32_t *grey) {
#if defined(__x86_64__)
  if (!plain && cimage_has_avx2()) {
    grey_of_rows_avx2(pixels, stride, rows, width, channels, sums, grey);
    return;
  }
#endif
  grey_of_rows(pixels, stride, rows, width, channels, sums, grey);
}

// The means of the blocks of one row of them; the last may be narrower.
static void block_means(
    const uint32_t *grey, int32_t width, int32_t side, int32_t rows, uint8_t *out) {
  for (int32_t left = 0; left < width; left += side) {
    int32_t columns = width - left < side ? width - left : side;
    uint32_t sum = 0;
    for (int32_t x = 0; x < columns; x++) sum += grey[left + x];
    uint32_t pixels = 256u * (uint32_t)columns * (uint32_t)rows;
    *out++ = (uint8_t)((sum + pixels / 2) / pixels);
  }
}

int32_t cimage_fingerprints(
    cimage_workspace *workspace, const cimage_picture *picture, uint64_t *out) {
  if (picture->width <= 0 || picture->height <= 0 ||
      (picture->channels != 1 && picture->channels != 3)) {
    return CIMAGE_BAD_ARGUMENT;
  }
  int32_t across = block_side(picture->width), down = block_side(picture->height);
  int32_t columns = (picture->width + across - 1) / across;
  int32_t rows = (picture->height + down - 1) / down;
  // A piece of whole blocks at a time, so that a picture as wide as it is large takes no more
  // memory.
  int32_t piece = PIECE / across * across;
  uint8_t *means = cimage_reserve(&workspace->means, (size_t)columns * (size_t)rows);
  uint32_t *grey = (uint32_t *)cimage_reserve(
      &workspace->row, (size_t)piece * (sizeof(uint32_t) + 3 * sizeof(uint16_t)));
  if (!means || !grey) return CIMAGE_NO_MEMORY;
  uint16_t *sums = (uint16_t *)(grey + piece);
  for (int32_t row = 0; row < rows; row++) {
    int32_t top = row * down;
    int32_t high = picture->height - top < down ? picture->height - top : down;
    for (int32_t left = 0; left < picture->width; left += piece) {
      int32_t wide = picture->width - left < piece ? picture->width - left : piece;
      const uint8_t *pixels =
          picture->pixels + top * picture->stride + (int64_t)left * picture->channels;
      sum_rows(
          workspace->plain, pixels, picture->stride, high, wide, picture->channels, sums, grey);
      block_means(grey, wide, across, high, means + (int64_t)row * columns + left / across);
    }
  }
  const double *box = picture->box;
  for (int32_t part = 0; part < 2; part++) {
    double margin = part == 0 ? 0 : INNER_MARGIN;
    double aside = margin * (box[2] - box[0]), above = margin * (box[3] - box[1]);
    cimage_picture small = {
        .pixels = means,
        .stride = columns,
        .width = columns,
        .height = rows,
        .channels = 1,
        .box = {
            (box[0] + aside) / across, (box[1] + above) / down, (box[2] - aside) / across,
            (box[3] - above) / down}};
    uint8_t square[CIMAGE_FINGERPRINT_SIDE * CIMAGE_FINGERPRINT_SIDE + CIMAGE_PADDING];
    int32_t side = CIMAGE_FINGERPRINT_SIDE;
    int32_t status = cimage_resize(
        workspace, &small, side, side, CIMAGE_BILINEAR, 0, 0, side, side, 0, square, side);
    if (status != CIMAGE_OK) return status;
    cimage_fingerprint(square, out + 2 * part);
  }
  return CIMAGE_OK;
}
