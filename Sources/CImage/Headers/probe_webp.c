// A WebP's size and orientation from its chunks.

#include <string.h>
#include <webp/decode.h>

#include "bytes.h"
#include "internal.h"
#include "orientation.h"

int32_t cimage_webp_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes, count, &features) != VP8_STATUS_OK) {
    return cimage_fail(message, CIMAGE_CORRUPT, "WebP: the header is truncated or broken");
  }
  header->format = CIMAGE_WEBP;
  header->width = features.width;
  header->height = features.height;
  header->components = features.has_alpha ? 4 : 3;
  cimage_orientation orientation = {0};
  for (size_t at = 12; at + 8 <= count;) {
    size_t length = little32(bytes + at + 4);
    if (length > count - at - 8) break;
    if (memcmp(bytes + at, "EXIF", 4) == 0) {
      cimage_read_exif(&orientation, bytes + at + 8, length);
    } else if (memcmp(bytes + at, "XMP ", 4) == 0) {
      cimage_read_xmp(&orientation, bytes + at + 8, length);
    }
    at += 8 + length + (length & 1);
  }
  header->orientation = cimage_orientation_value(&orientation);
  return CIMAGE_OK;
}
