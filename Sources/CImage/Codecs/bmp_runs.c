// BMP's run-length encoding: RLE8 and RLE4.

#include <string.h>

#include "bmp.h"

typedef struct {
  const bmp_layout *layout;
  uint8_t *pixels;
  int32_t channels;
  int32_t x, y;
  uint8_t colours[256][3];
} bmp_canvas;

// Whether there is a pixel where the canvas stands: what runs past a row's end is dropped.
static bool has_room(const bmp_canvas *canvas) {
  return canvas->x < canvas->layout->width && canvas->y < canvas->layout->height;
}

static void put(bmp_canvas *canvas, uint32_t index) {
  const bmp_layout *layout = canvas->layout;
  int32_t row = layout->is_top_down ? canvas->y : layout->height - 1 - canvas->y;
  int64_t pixel = (int64_t)row * layout->width + canvas->x++;
  memcpy(
      canvas->pixels + pixel * canvas->channels, canvas->colours[index & 255],
      (size_t)canvas->channels);
}

// The n-th index of a run's bytes.
static uint32_t index_at(const uint8_t *bytes, int32_t n, bool is_four) {
  return !is_four ? bytes[n] : n & 1 ? bytes[n / 2] & 15u : bytes[n / 2] >> 4u;
}

// What no run reaches has the first colour.
static void prepare(bmp_canvas *canvas) {
  const bmp_layout *layout = canvas->layout;
  for (uint32_t i = 0; i < 256; i++) {
    cimage_bmp_colour(layout, i, canvas->channels, canvas->colours[i]);
  }
  int64_t pixels = (int64_t)layout->width * layout->height;
  for (int64_t i = 0; i < pixels; i++) {
    memcpy(
        canvas->pixels + i * canvas->channels, canvas->colours[0], (size_t)canvas->channels);
  }
}

int32_t cimage_bmp_runs(
    const bmp_layout *layout, const uint8_t *bytes, size_t count, int32_t channels,
    uint8_t *pixels, cimage_message message, bool *lacks_end) {
  bmp_canvas canvas = {.layout = layout, .pixels = pixels, .channels = channels};
  bool is_four = layout->compression == BMP_RLE4;
  prepare(&canvas);
  size_t at = layout->pixels_at;
  while (at < count && count - at >= 2) {
    uint8_t length = bytes[at], value = bytes[at + 1];
    at += 2;
    if (length > 0) {  // one byte over and over
      for (int32_t i = 0; i < length && has_room(&canvas); i++) {
        put(&canvas, !is_four ? value : i & 1 ? value & 15u : value >> 4u);
      }
    } else if (value == 0) {  // the row's end
      canvas.x = 0;
      if (canvas.y < layout->height) canvas.y++;
    } else if (value == 1) {  // the picture's
      return CIMAGE_OK;
    } else if (value == 2) {  // to the right and up
      if (count - at < 2) break;
      int64_t x = (int64_t)canvas.x + bytes[at], y = (int64_t)canvas.y + bytes[at + 1];
      canvas.x = (int32_t)(x < layout->width ? x : layout->width);
      canvas.y = (int32_t)(y < layout->height ? y : layout->height);
      at += 2;
    } else {  // so many indices as they are, padded to two bytes
      size_t size = is_four ? (value + 1u) / 2 : value;
      if (count - at < size) break;
      for (int32_t i = 0; i < value && has_room(&canvas); i++) {
        put(&canvas, index_at(bytes + at, i, is_four));
      }
      size += size & 1;
      at += count - at < size ? count - at : size;
    }
  }
  bool is_complete = canvas.y >= layout->height ||
                     (canvas.y == layout->height - 1 && canvas.x >= layout->width);
  if (!is_complete) return cimage_fail(message, CIMAGE_CORRUPT, "BMP: the file is truncated");
  *lacks_end = true;
  return CIMAGE_OK;
}
