// A PNG's size and orientation from its chunks.

#include <string.h>

#include "bytes.h"
#include "internal.h"
#include "orientation.h"

static bool is_text(const uint8_t *name) {
  return memcmp(name, "tEXt", 4) == 0 || memcmp(name, "zTXt", 4) == 0 ||
         memcmp(name, "iTXt", 4) == 0;
}

int32_t cimage_png_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header) {
  if (count < 33 || memcmp(bytes + 12, "IHDR", 4) != 0) {
    return cimage_fail(message, CIMAGE_CORRUPT, "PNG: the file ends before its header");
  }
  uint32_t width = big32(bytes + 16), height = big32(bytes + 20);
  if (width > INT32_MAX || height > INT32_MAX) {
    return cimage_fail(message, CIMAGE_CORRUPT, "PNG: impossible size %ux%u", width, height);
  }
  static const int32_t components[7] = {1, 0, 3, 1, 2, 0, 4};
  uint8_t type = bytes[25];
  header->format = CIMAGE_PNG;
  header->width = (int32_t)width;
  header->height = (int32_t)height;
  header->components = type < 7 ? components[type] : 0;
  cimage_orientation orientation = {0};
  for (size_t at = 8; at + 12 <= count;) {
    size_t length = big32(bytes + at);
    if (length > count - at - 12) break;
    const uint8_t *name = bytes + at + 4, *data = bytes + at + 8;
    if (memcmp(name, "eXIf", 4) == 0) {
      cimage_read_exif(&orientation, data, length);
    } else if (is_text(name)) {
      cimage_read_png_text(&orientation, name, data, length);
    }
    at += 12 + length;
  }
  header->orientation = cimage_orientation_value(&orientation);
  return CIMAGE_OK;
}
