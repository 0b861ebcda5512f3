// A GIF's size: that of its screen, or where the first frame reaches beyond it, of both together.

#include <string.h>

#include "bytes.h"
#include "internal.h"
#include "orientation.h"

static size_t table_size(uint8_t flags) { return flags & 0x80 ? 3u << ((flags & 7) + 1) : 0; }

int32_t cimage_gif_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header) {
  size_t at = 13;
  if (count >= at) at += table_size(bytes[10]);
  cimage_orientation orientation = {0};
  // Extensions: a label, and blocks up to an empty one.
  while (at + 10 <= count && bytes[at] == 0x21) {
    size_t start = at + 2;
    for (at = start; at < count && bytes[at] != 0;) at += 1 + (size_t)bytes[at];
    // XMP stands there as it is, not in blocks; what follows it makes the blocks come out right.
    if (at < count && at - start > 12 && memcmp(bytes + start, "\x0BXMP DataXMP", 12) == 0) {
      cimage_read_xmp(&orientation, bytes + start + 12, at - start - 12);
    }
    at++;
  }
  if (at + 10 > count || bytes[at] != 0x2C) {
    return cimage_fail(message, CIMAGE_CORRUPT, "GIF: the file has no frame");
  }
  const uint8_t *frame = bytes + at + 1;
  uint32_t right = little16(frame) + little16(frame + 4);
  uint32_t bottom = little16(frame + 2) + little16(frame + 6);
  uint32_t width = little16(bytes + 6), height = little16(bytes + 8);
  header->format = CIMAGE_GIF;
  header->width = (int32_t)(width > right ? width : right);
  header->height = (int32_t)(height > bottom ? height : bottom);
  header->components = 1;
  header->orientation = cimage_orientation_value(&orientation);
  return CIMAGE_OK;
}
