#ifndef CIMAGE_BMP_H
#define CIMAGE_BMP_H

#include "internal.h"

enum { BMP_PLAIN = 0, BMP_RLE8 = 1, BMP_RLE4 = 2 };

// Where in a pixel's bits a colour is: value = (pixel >> shift) & mask.
typedef struct {
  uint32_t mask;
  int32_t shift;
} bmp_channel;

// What a BMP's headers say.
typedef struct {
  int32_t width, height;
  bool is_top_down;
  int32_t bits;  // a pixel: 1, 2, 4, 8 through a palette; 16, 24, 32
  int32_t compression;
  bmp_channel channels[3];  // red, green, blue, of 16 and 32 bits
  const uint8_t *palette;   // of blue, green, red and where entries are 4 bytes another one
  int32_t palette_count, palette_step;
  size_t pixels_at;
} bmp_layout;

// Reads the headers, or says why they cannot be read.
int32_t cimage_bmp_layout(
    const uint8_t *bytes, size_t count, cimage_message message, bmp_layout *layout);

// A palette's colour; black beyond its end.
void cimage_bmp_colour(const bmp_layout *layout, uint32_t index, int32_t channels, uint8_t *out);

// Inflates a run-length encoded picture to pixels of `channels` bytes, from the top row down.
// `lacks_end` is set when all rows were there but the mark of the end was not.
int32_t cimage_bmp_runs(
    const bmp_layout *layout, const uint8_t *bytes, size_t count, int32_t channels,
    uint8_t *pixels, cimage_message message, bool *lacks_end);

#endif
