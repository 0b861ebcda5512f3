// A JPEG's size and orientation from its segments.

#include <string.h>

#include "bytes.h"
#include "internal.h"
#include "orientation.h"

int32_t cimage_jpeg_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header) {
  size_t at = 2;
  bool framed = false;
  cimage_orientation orientation = {0};
  while (at + 4 <= count) {
    if (bytes[at] != 0xFF) {
      at++;  // stray bytes between segments, which decoders skip too
      continue;
    }
    uint8_t marker = bytes[at + 1];
    if (marker == 0xFF) {
      at++;
      continue;
    }
    if (marker == 0 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
      at += 2;
      continue;
    }
    if (marker == 0xD9 || marker == 0xDA) break;
    size_t length = big16(bytes + at + 2);
    if (length < 2 || at + 2 + length > count) break;
    const uint8_t *segment = bytes + at + 4;
    size_t size = length - 2;
    if (marker == 0xE1) cimage_read_app1(&orientation, segment, size);
    bool frame = !framed && marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
                 marker != 0xCC;
    if (frame && size >= 6) {
      header->format = CIMAGE_JPEG;
      header->height = (int32_t)big16(segment + 1);
      header->width = (int32_t)big16(segment + 3);
      header->components = segment[5];
      framed = true;  // the orientation may still follow
    }
    at += 2 + length;
  }
  if (!framed) {
    return cimage_fail(message, CIMAGE_CORRUPT, "JPEG: the file ends before its frame header");
  }
  header->orientation = cimage_orientation_value(&orientation);
  return CIMAGE_OK;
}
