// BMP: palettes are looked up, 5 and 6 bits become 8, a fourth byte is dropped.

#include "bmp.h"
#include "bytes.h"

void cimage_bmp_colour(const bmp_layout *layout, uint32_t index, int32_t channels, uint8_t *out) {
  uint8_t rgb[3] = {0, 0, 0};
  if (index < (uint32_t)layout->palette_count) {
    const uint8_t *entry = layout->palette + (size_t)index * (size_t)layout->palette_step;
    for (int c = 0; c < 3; c++) rgb[c] = entry[2 - c];
  }
  if (channels == 1) {
    out[0] = cimage_grey(rgb);
  } else {
    for (int c = 0; c < 3; c++) out[c] = rgb[c];
  }
}

static void put_rgb(const uint8_t *rgb, int32_t channels, uint8_t *out) {
  if (channels == 1) {
    out[0] = cimage_grey(rgb);
  } else {
    out[0] = rgb[0], out[1] = rgb[1], out[2] = rgb[2];
  }
}

static uint8_t scaled(bmp_channel channel, uint32_t pixel) {
  if (channel.mask == 0) return 0;
  return (uint8_t)((uint64_t)((pixel >> channel.shift) & channel.mask) * 255 / channel.mask);
}

// `width` pixels of a row from column `x` on.
static void read_row(
    const bmp_layout *layout, const uint8_t *row, int32_t x, int32_t width, int32_t channels,
    uint8_t (*colours)[3], uint8_t *out) {
  int32_t bits = layout->bits;
  for (int32_t column = x; column < x + width; column++, out += channels) {
    if (bits <= 8) {
      int64_t bit = (int64_t)column * bits;
      uint32_t index = row[bit / 8] >> (8 - bits - bit % 8) & ((1u << bits) - 1);
      for (int32_t c = 0; c < channels; c++) out[c] = colours[index][c];
    } else {
      const uint8_t *pixel = row + (size_t)column * (size_t)(bits / 8);
      uint8_t rgb[3] = {0, 0, 0};
      if (bits == 24) {
        rgb[0] = pixel[2], rgb[1] = pixel[1], rgb[2] = pixel[0];
      } else {
        uint32_t value = bits == 16 ? little16(pixel) : little32(pixel);
        for (int c = 0; c < 3; c++) rgb[c] = scaled(layout->channels[c], value);
      }
      put_rgb(rgb, channels, out);
    }
  }
}

static int32_t decode_runs(cimage_job *job, const bmp_layout *layout) {
  size_t stride = (size_t)layout->width * (size_t)job->channels;
  uint8_t *pixels =
      cimage_reserve(&job->workspace->decoded, stride * (size_t)layout->height);
  if (!pixels) return cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory");
  int32_t status = cimage_bmp_runs(
      layout, job->bytes, job->count, job->channels, pixels, job->message, &job->lacks_end);
  if (status == CIMAGE_OK) cimage_take_part(job, pixels, (int64_t)stride);
  return status;
}

int32_t cimage_bmp_decode(cimage_job *job) {
  bmp_layout layout;
  int32_t status = cimage_bmp_layout(job->bytes, job->count, job->message, &layout);
  if (status != CIMAGE_OK) return status;
  if (layout.compression != BMP_PLAIN) return decode_runs(job, &layout);
  size_t used = ((size_t)layout.width * (size_t)layout.bits + 7) / 8;
  size_t stored = (used + 3) / 4 * 4;
  // The last row need not be padded.
  size_t most = layout.pixels_at < job->count ? job->count - layout.pixels_at : 0;
  if (most < used || (most - used) / stored < (size_t)layout.height - 1) {
    return cimage_fail(job->message, CIMAGE_CORRUPT, "BMP: the file is truncated");
  }
  uint8_t colours[256][3];
  if (layout.bits <= 8) {
    for (uint32_t i = 0; i < 256; i++) cimage_bmp_colour(&layout, i, job->channels, colours[i]);
  }
  int64_t stride = (int64_t)job->width * job->channels;
  uint8_t *pixels = cimage_reserve(&job->workspace->decoded, (size_t)(stride * job->height));
  if (!pixels) return cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory");
  for (int32_t y = 0; y < job->height; y++) {
    size_t row = (size_t)(job->y + y);
    if (!layout.is_top_down) row = (size_t)layout.height - 1 - row;
    read_row(
        &layout, job->bytes + layout.pixels_at + row * stored, job->x, job->width, job->channels,
        colours, pixels + y * stride);
  }
  job->picture = (cimage_picture){
      .pixels = pixels,
      .stride = stride,
      .width = job->width,
      .height = job->height,
      .channels = job->channels,
      .box = {0, 0, job->width, job->height}};
  return CIMAGE_OK;
}
