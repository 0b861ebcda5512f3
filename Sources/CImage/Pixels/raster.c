// Moving pixels that need no resizing: windows with a black surrounding, and rectangles.

#include <string.h>

#include "internal.h"

static void copy_row(
    const uint8_t *from, int32_t from_channels, uint8_t *to, int32_t channels, int32_t width,
    bool mirrored) {
  if (!mirrored && from_channels == channels) {
    memcpy(to, from, (size_t)width * (size_t)channels);
    return;
  }
  int64_t step = mirrored ? -(int64_t)from_channels : from_channels;
  if (mirrored) from += (int64_t)(width - 1) * from_channels;
  for (int32_t x = 0; x < width; x++, from += step, to += channels) {
    if (channels == 1) {
      to[0] = from_channels == 1 ? from[0] : cimage_grey(from);
    } else {
      for (int32_t c = 0; c < 3; c++) to[c] = from[from_channels == 1 ? 0 : c];
    }
  }
}

void cimage_window(
    const cimage_picture *picture, int32_t channels, int32_t x, int32_t y, int32_t width,
    int32_t height, int32_t mirrored, uint8_t *out, int64_t out_stride) {
  // The columns of the window that lie inside the picture.
  int64_t left = x < 0 ? -(int64_t)x : 0;
  int64_t right = (int64_t)picture->width - x;
  if (left > width) left = width;
  if (right > width) right = width;
  if (right < left) right = left;
  int64_t target = mirrored ? width - right : left;
  for (int32_t row = 0; row < height; row++) {
    uint8_t *to = out + row * out_stride;
    int64_t from_row = (int64_t)y + row;
    bool inside = from_row >= 0 && from_row < picture->height && right > left;
    if (!inside || right - left < width) memset(to, 0, (size_t)width * (size_t)channels);
    if (!inside) continue;
    const uint8_t *from =
        picture->pixels + from_row * picture->stride + (x + left) * picture->channels;
    copy_row(
        from, picture->channels, to + target * channels, channels, (int32_t)(right - left),
        mirrored != 0);
  }
}

int32_t cimage_adopt(
    cimage_workspace *workspace, const uint8_t *pixels, int64_t stride, int32_t width,
    int32_t height, int32_t channels, int32_t wanted_channels, cimage_picture *picture) {
  if (width <= 0 || height <= 0 || (channels != 1 && channels != 3) ||
      (wanted_channels != 1 && wanted_channels != 3)) {
    return CIMAGE_BAD_ARGUMENT;
  }
  int64_t row = (int64_t)width * wanted_channels;
  uint8_t *copy = cimage_reserve(&workspace->decoded, (size_t)(row * height));
  if (!copy) return CIMAGE_NO_MEMORY;
  cimage_picture given = {
      .pixels = pixels,
      .stride = stride,
      .width = width,
      .height = height,
      .channels = channels};
  cimage_window(&given, wanted_channels, 0, 0, width, height, 0, copy, row);
  *picture = (cimage_picture){
      .pixels = copy,
      .stride = row,
      .width = width,
      .height = height,
      .channels = wanted_channels,
      .box = {0, 0, width, height}};
  return CIMAGE_OK;
}

void cimage_fill(
    uint8_t *out, int64_t out_stride, int32_t channels, int32_t x, int32_t y, int32_t width,
    int32_t height, const uint8_t *colour) {
  for (int32_t row = 0; row < height; row++) {
    uint8_t *to = out + (y + row) * out_stride + (int64_t)x * channels;
    for (int32_t column = 0; column < width; column++) {
      for (int32_t c = 0; c < channels; c++) *to++ = colour[c];
    }
  }
}
