// Antialiased resizing as Pillow documents it: a filter as wide as the reduction, columns first, then
// rows, with 8 bits between. https://pillow.readthedocs.io (Concepts, Filters).

#include "resize.h"

#include <math.h>
#include <string.h>

// How far a filter reaches either way, in pixels of the smaller picture.
static double reach(int32_t filter) { return filter == CIMAGE_BICUBIC ? 2 : 1; }

// The triangle, or the cubic convolution of R. Keys (doi:10.1109/TASSP.1981.1163711), a = -0.5.
static double weight(int32_t filter, double distance) {
  double x = fabs(distance);
  if (filter != CIMAGE_BICUBIC) return x < 1 ? 1 - x : 0;
  const double a = -0.5;
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

// The taps of results first ..< first + count of `outputs` results over [low, high) of `pixels`.
static void make_taps(
    cimage_taps *taps, int32_t filter, double low, double high, int32_t pixels, int32_t outputs,
    int32_t first, bool mirrored) {
  double scale = (high - low) / outputs;
  double reduction = scale > 1 ? scale : 1;
  double support = reach(filter) * reduction;
  double inverse = 1 / reduction;
  for (int32_t i = 0; i < taps->outputs; i++) {
    double center = low + (first + i + 0.5) * scale;
    int32_t start = (int32_t)(center - support + 0.5);
    int32_t end = (int32_t)(center + support + 0.5);
    if (start < 0) start = 0;
    if (end > pixels) end = pixels;
    if (start >= end) start = end - 1;
    int32_t count = end - start;
    if (count > taps->most) count = taps->most;
    int32_t at = mirrored ? taps->outputs - 1 - i : i;
    int32_t *out = taps->coefficients + (int64_t)at * taps->most;
    double sum = 0;
    for (int32_t k = 0; k < count; k++) {
      sum += weight(filter, (k + start - center + 0.5) * inverse);
    }
    double unit = sum > 0 ? (1 << CIMAGE_PRECISION) / sum : 0;
    for (int32_t k = 0; k < taps->most; k++) {
      double value = k < count ? weight(filter, (k + start - center + 0.5) * inverse) * unit : 0;
      out[k] = (int32_t)(value < 0 ? value - 0.5 : value + 0.5);
    }
    taps->start[at] = start;
    taps->count[at] = count;
  }
}

static int32_t most_taps(int32_t filter, double low, double high, int32_t outputs) {
  double scale = (high - low) / outputs;
  int32_t most = (int32_t)ceil(reach(filter) * (scale > 1 ? scale : 1)) * 2 + 1;
  return (most + 3) & ~3;
}

static size_t lay_out(cimage_taps *taps, uint8_t *memory) {
  size_t outputs = (size_t)taps->outputs;
  taps->coefficients = (int32_t *)memory;
  taps->start = taps->coefficients + outputs * (size_t)taps->most;
  taps->count = taps->start + outputs;
  return (outputs * (size_t)taps->most + 2 * outputs) * sizeof(int32_t);
}

void cimage_horizontal_portable(
    const uint8_t *source, int64_t stride, int32_t rows, int32_t channels,
    const cimage_taps *taps, uint8_t *out, int64_t out_stride) {
  for (int32_t y = 0; y < rows; y++) {
    const uint8_t *row = source + y * stride;
    uint8_t *to = out + y * out_stride;
    for (int32_t x = 0; x < taps->outputs; x++) {
      const int32_t *coefficients = taps->coefficients + (int64_t)x * taps->most;
      const uint8_t *from = row + (int64_t)taps->start[x] * channels;
      int32_t count = taps->count[x];
      if (channels == 1) {
        int32_t sum = 0;
        for (int32_t k = 0; k < count; k++) sum += from[k] * coefficients[k];
        *to++ = cimage_round(sum);
      } else {
        int32_t red = 0, green = 0, blue = 0;
        for (int32_t k = 0; k < count; k++, from += 3) {
          red += from[0] * coefficients[k];
          green += from[1] * coefficients[k];
          blue += from[2] * coefficients[k];
        }
        to[0] = cimage_round(red), to[1] = cimage_round(green), to[2] = cimage_round(blue);
        to += 3;
      }
    }
  }
}

void cimage_vertical_portable(
    const uint8_t *source, int64_t stride, int32_t width, const cimage_taps *taps, uint8_t *out,
    int64_t out_stride) {
  enum { BLOCK = 64 };
  for (int32_t y = 0; y < taps->outputs; y++) {
    const int32_t *coefficients = taps->coefficients + (int64_t)y * taps->most;
    const uint8_t *top = source + taps->start[y] * stride;
    for (int32_t x = 0; x < width; x += BLOCK) {
      int32_t sums[BLOCK] = {0};
      int32_t block = width - x < BLOCK ? width - x : BLOCK;
      for (int32_t k = 0; k < taps->count[y]; k++) {
        const uint8_t *from = top + k * stride + x;
        int32_t coefficient = coefficients[k];
        for (int32_t i = 0; i < block; i++) sums[i] += from[i] * coefficient;
      }
      for (int32_t i = 0; i < block; i++) out[y * out_stride + x + i] = cimage_round(sums[i]);
    }
  }
}

int32_t cimage_resize(
    cimage_workspace *workspace, const cimage_picture *picture, int32_t width, int32_t height,
    int32_t filter, int32_t x, int32_t y, int32_t window_width, int32_t window_height,
    int32_t mirrored, uint8_t *out, int64_t out_stride) {
  const double *box = picture->box;
  if (width <= 0 || height <= 0 || x < 0 || y < 0 || window_width <= 0 || window_height <= 0 ||
      x > width - window_width || y > height - window_height || !(box[0] >= 0) ||
      !(box[1] >= 0) || !(box[2] > box[0]) || !(box[3] > box[1]) || box[2] > picture->width ||
      box[3] > picture->height || (picture->channels != 1 && picture->channels != 3) ||
      (filter != CIMAGE_BILINEAR && filter != CIMAGE_BICUBIC)) {
    return CIMAGE_BAD_ARGUMENT;
  }
  cimage_taps columns = {
      .outputs = window_width, .most = most_taps(filter, box[0], box[2], width)};
  cimage_taps rows = {
      .outputs = window_height, .most = most_taps(filter, box[1], box[3], height)};
  size_t taps_size = ((size_t)columns.most + 2) * (size_t)window_width * sizeof(int32_t) +
                     ((size_t)rows.most + 2) * (size_t)window_height * sizeof(int32_t);
  uint8_t *memory = cimage_reserve(&workspace->taps, taps_size);
  if (!memory) return CIMAGE_NO_MEMORY;
  memory += lay_out(&columns, memory);
  lay_out(&rows, memory);
  make_taps(&columns, filter, box[0], box[2], picture->width, width, x, mirrored != 0);
  make_taps(&rows, filter, box[1], box[3], picture->height, height, y, false);

  // Only the rows that the second pass will look at.
  int32_t first = rows.start[0];
  int32_t last = rows.start[window_height - 1] + rows.count[window_height - 1];
  for (int32_t i = 0; i < window_height; i++) rows.start[i] -= first;
  const uint8_t *source = picture->pixels + first * picture->stride;
  int32_t narrow_width = window_width * picture->channels;
  int64_t stride = ((int64_t)narrow_width + 3 + 31) & ~(int64_t)31;
  uint8_t *narrow = cimage_reserve(&workspace->narrow, (size_t)(stride * (last - first)));
  if (!narrow) return CIMAGE_NO_MEMORY;
  cimage_horizontal *horizontal = cimage_horizontal_portable;
  cimage_vertical *vertical = cimage_vertical_portable;
#if defined(__x86_64__)
  if (!workspace->plain && cimage_has_avx2()) {
    if (picture->channels == 3) horizontal = cimage_horizontal_rgb_avx2;
    vertical = cimage_vertical_avx2;
  }
#endif
  horizontal(source, picture->stride, last - first, picture->channels, &columns, narrow, stride);
  vertical(narrow, stride, narrow_width, &rows, out, out_stride);
  return CIMAGE_OK;
}
