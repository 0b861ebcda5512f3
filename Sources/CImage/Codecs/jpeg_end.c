// Whether a JPEG's file ends as it should, and what to make of zeros in its place.

#include "internal.h"

bool cimage_jpeg_has_end(const uint8_t *bytes, size_t count) {
  // From behind: that is where it is, and in coded data there is none.
  for (size_t at = count; at >= 2; at--) {
    if (bytes[at - 1] == 0xD9 && bytes[at - 2] == 0xFF) return true;
  }
  return false;
}

size_t cimage_jpeg_without_zeros(const uint8_t *bytes, size_t count) {
  size_t kept = count;
  while (kept > 0 && bytes[kept - 1] == 0) kept--;
  // The first zero may be the last byte of an even surface, and one behind a byte FF belongs to that.
  kept += kept > 0 && bytes[kept - 1] == 0xFF ? 2 : 1;
  return kept < count ? kept : count;
}
