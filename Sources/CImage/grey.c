// A small grey square of a whole picture: block means first, at the speed of memory, then the
// antialiased resize of what is left, so that copies of one picture at two sizes give nearly the same.

#include <string.h>

#include "internal.h"

enum {
  LEAST_BLOCKS = 64,  // a side keeps at least so many blocks, twice what a fingerprint looks at
  MOST_PIXELS = 256,  // a side of a block; 256 rows of 255 fit 16 bits, 256² times 256 fit 32
};

static int32_t block_side(int32_t length) {
  int32_t side = length / LEAST_BLOCKS;
  return side < 1 ? 1 : side > MOST_PIXELS ? MOST_PIXELS : side;
}

// Adds `count` bytes of each of `rows` rows.
static void add_rows(
    const uint8_t *restrict pixels, int64_t stride, int32_t rows, int64_t count,
    uint16_t *restrict sums) {
  memset(sums, 0, (size_t)count * sizeof(uint16_t));
  for (int32_t y = 0; y < rows; y++) {
    const uint8_t *restrict row = pixels + y * stride;
    for (int64_t x = 0; x < count; x++) sums[x] = (uint16_t)(sums[x] + row[x]);
  }
}

// The grey means of the blocks of one row of them; the last may be narrower.
static void block_means(
    const uint16_t *sums, int32_t channels, int32_t width, int32_t side, int32_t rows,
    uint8_t *out) {
  for (int32_t left = 0; left < width; left += side) {
    int32_t columns = width - left < side ? width - left : side;
    const uint16_t *from = sums + (int64_t)left * channels;
    uint32_t sum = 0;
    if (channels == 1) {
      for (int32_t x = 0; x < columns; x++) sum += 256u * from[x];
    } else {
      uint32_t red = 0, green = 0, blue = 0;
      for (int32_t x = 0; x < columns; x++, from += 3) {
        red += from[0], green += from[1], blue += from[2];
      }
      sum = 77 * red + 150 * green + 29 * blue;
    }
    uint32_t pixels = 256u * (uint32_t)columns * (uint32_t)rows;
    *out++ = (uint8_t)((sum + pixels / 2) / pixels);
  }
}

int32_t cimage_grey_square(
    cimage_workspace *workspace, const cimage_picture *picture, int32_t side, uint8_t *out) {
  if (picture->width <= 0 || picture->height <= 0 || side <= 0 ||
      (picture->channels != 1 && picture->channels != 3)) {
    return CIMAGE_BAD_ARGUMENT;
  }
  int32_t across = block_side(picture->width), down = block_side(picture->height);
  int32_t columns = (picture->width + across - 1) / across;
  int32_t rows = (picture->height + down - 1) / down;
  int64_t count = (int64_t)picture->width * picture->channels;
  uint8_t *means = cimage_reserve(&workspace->means, (size_t)columns * (size_t)rows);
  uint16_t *sums = (uint16_t *)cimage_reserve(&workspace->row, (size_t)count * sizeof(uint16_t));
  if (!means || !sums) return CIMAGE_NO_MEMORY;
  for (int32_t row = 0; row < rows; row++) {
    int32_t top = row * down;
    int32_t high = picture->height - top < down ? picture->height - top : down;
    add_rows(picture->pixels + top * picture->stride, picture->stride, high, count, sums);
    block_means(
        sums, picture->channels, picture->width, across, high, means + (int64_t)row * columns);
  }
  cimage_picture small = {
      .pixels = means,
      .stride = columns,
      .width = columns,
      .height = rows,
      .channels = 1,
      .box = {
          picture->box[0] / across, picture->box[1] / down, picture->box[2] / across,
          picture->box[3] / down}};
  return cimage_resize(
      workspace, &small, side, side, CIMAGE_BILINEAR, 0, 0, side, side, 0, out, side);
}
