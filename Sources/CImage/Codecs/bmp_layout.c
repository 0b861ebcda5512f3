// BMP's headers: Windows' of 40 bytes and more, OS/2's of 12 and 64, with a file header before them or,
// as a DIB, without.

#include <string.h>

#include "bmp.h"
#include "bytes.h"

enum { FILE_HEADER = 14 };

static bool is_header_size(uint32_t size) {
  return size == 12 || size == 40 || size == 52 || size == 56 || size == 64 || size == 108 ||
         size == 124;
}

// A DIB has no name, so all that its header must be is looked at.
bool cimage_is_dib(const uint8_t *bytes, size_t count) {
  if (count < 40 || little32(bytes) < 40 || !is_header_size(little32(bytes))) return false;
  uint32_t bits = little16(bytes + 14), compression = little32(bytes + 16);
  bool is_depth = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 ||
                  bits == 32;
  return little16(bytes + 12) == 1 && is_depth && compression <= 6;
}

static bmp_channel channel_of(uint32_t mask) {
  bmp_channel channel = {.mask = mask};
  while (channel.mask != 0 && !(channel.mask & 1)) {
    channel.mask >>= 1;
    channel.shift++;
  }
  return channel;
}

// The masks of 16 and 32 bits: 5 and 8 bits a colour, or what the file says.
static bool read_masks(
    const uint8_t *info, size_t count, bool are_given, bmp_layout *layout) {
  static const uint32_t five[3] = {0x7C00, 0x3E0, 0x1F}, eight[3] = {0xFF0000, 0xFF00, 0xFF};
  if (are_given && count < 52) return false;  // at 40: in the header or right after it
  for (int c = 0; c < 3; c++) {
    uint32_t usual = layout->bits == 16 ? five[c] : eight[c];
    layout->channels[c] = channel_of(are_given ? little32(info + 40 + 4 * c) : usual);
  }
  return true;
}

int32_t cimage_bmp_layout(
    const uint8_t *bytes, size_t count, cimage_message message, bmp_layout *layout) {
  size_t start = count >= 2 && memcmp(bytes, "BM", 2) == 0 ? FILE_HEADER : 0;
  *layout = (bmp_layout){.compression = BMP_PLAIN};
  uint32_t size = count >= start + 12 ? little32(bytes + start) : 0;
  if (!is_header_size(size) || count - start < size) {
    return cimage_fail(message, CIMAGE_CORRUPT, "BMP: the header is truncated or broken");
  }
  const uint8_t *info = bytes + start;
  size_t left = count - start;
  uint32_t compression = 0, colours = 0;
  if (size == 12) {
    layout->width = (int32_t)little16(info + 4);
    layout->height = (int32_t)little16(info + 6);
    layout->bits = (int32_t)little16(info + 10);
  } else {
    int64_t width = (int32_t)little32(info + 4), height = (int32_t)little32(info + 8);
    layout->is_top_down = height < 0;
    height = height < 0 ? -height : height;
    if (width <= 0 || height <= 0 || height > INT32_MAX) {
      return cimage_fail(
          message, CIMAGE_CORRUPT, "BMP: the header gives a size of %lldx%lld", (long long)width,
          (long long)height);
    }
    layout->width = (int32_t)width;
    layout->height = (int32_t)height;
    layout->bits = (int32_t)little16(info + 14);
    compression = little32(info + 16);
    colours = little32(info + 32);
  }
  int32_t bits = layout->bits;
  // OS/2 has other methods under the numbers 3 and 4.
  bool has_masks =
      (compression == 3 || compression == 6) && size != 64 && (bits == 16 || bits == 32);
  bool has_runs = (compression == BMP_RLE8 && bits == 8) || (compression == BMP_RLE4 && bits == 4);
  bool is_depth = bits == 1 || bits == 2 || bits == 4 || bits == 8 || bits == 16 || bits == 24 ||
                  bits == 32;
  if (!is_depth || (compression != 0 && !has_masks && !has_runs)) {
    return cimage_fail(
        message, CIMAGE_UNKNOWN_FORMAT, "BMP: %d bits a pixel with compression %u cannot be read",
        bits, compression);
  }
  if (has_runs) layout->compression = (int32_t)compression;
  if (bits > 8 && !read_masks(info, left, has_masks, layout)) {
    return cimage_fail(message, CIMAGE_CORRUPT, "BMP: the header is truncated or broken");
  }
  size_t palette = size + (has_masks && size == 40 ? (compression == 6 ? 16u : 12u) : 0);
  layout->palette_step = size == 12 ? 3 : 4;
  size_t end = palette;
  if (bits <= 8) {
    uint32_t most = 1u << bits;
    uint32_t entries = colours > 0 && colours < most ? colours : most;
    // Where pixels begin the palette ends, whatever it claims.
    size_t room = left > palette ? left - palette : 0;
    size_t offset = start > 0 ? little32(bytes + 10) : 0;
    if (offset >= start + palette && offset - start - palette < room) {
      room = offset - start - palette;
    }
    size_t fitting = room / (size_t)layout->palette_step;
    layout->palette = info + (palette < left ? palette : left);
    layout->palette_count = (int32_t)(entries < fitting ? entries : fitting);
    end += entries * (size_t)layout->palette_step;
  } else {
    end += (colours < 65536 ? colours : 0) * (size_t)layout->palette_step;
  }
  size_t offset = start > 0 ? little32(bytes + 10) : 0;
  layout->pixels_at = offset >= start + size ? offset : start + end;
  return CIMAGE_OK;
}

int32_t cimage_bmp_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header) {
  bmp_layout layout;
  int32_t status = cimage_bmp_layout(bytes, count, message, &layout);
  if (status != CIMAGE_OK) return status;
  header->format = CIMAGE_BMP;
  header->width = layout.width;
  header->height = layout.height;
  header->components = layout.bits <= 8 ? 1 : 3;
  return CIMAGE_OK;
}
