// A TIFF's size and orientation from its first directory: its first page.

#include "internal.h"
#include "orientation.h"
#include "tiff_tags.h"

int32_t cimage_tiff_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header) {
  uint32_t width, height, samples = 1;
  if (!cimage_tiff_integer(bytes, count, 256, 1, INT32_MAX, &width) ||
      !cimage_tiff_integer(bytes, count, 257, 1, INT32_MAX, &height)) {
    return cimage_fail(message, CIMAGE_CORRUPT, "TIFF: the first directory gives no size");
  }
  cimage_tiff_integer(bytes, count, 277, 1, 64, &samples);
  cimage_orientation orientation = {0};
  cimage_read_exif(&orientation, bytes, count);
  size_t packet, length;
  if (cimage_tiff_bytes(bytes, count, 700, &packet, &length)) {
    cimage_read_xmp(&orientation, bytes + packet, length);
  }
  header->format = CIMAGE_TIFF;
  header->width = (int32_t)width;
  header->height = (int32_t)height;
  header->components = (int32_t)samples;
  header->orientation = cimage_orientation_value(&orientation);
  return CIMAGE_OK;
}
