// Which way up a picture is: EXIF's tag, or XMP's property of the same meaning.

#include "orientation.h"

#include <string.h>

#include "tiff_tags.h"

void cimage_read_exif(cimage_orientation *orientation, const uint8_t *bytes, size_t count) {
  uint32_t value;
  if (orientation->exif == 0 && cimage_tiff_integer(bytes, count, 0x0112, 1, 8, &value)) {
    orientation->exif = (int32_t)value;
  }
}

void cimage_read_xmp(cimage_orientation *orientation, const uint8_t *bytes, size_t count) {
  if (orientation->xmp == 0) orientation->xmp = cimage_xmp_orientation(bytes, count);
}

void cimage_read_app1(cimage_orientation *orientation, const uint8_t *bytes, size_t count) {
  static const char adobe[] = "http://ns.adobe.com/xap/1.0/";  // and its zero
  if (count > 6 && memcmp(bytes, "Exif\0\0", 6) == 0) {
    cimage_read_exif(orientation, bytes, count);
  } else if (count > sizeof adobe && memcmp(bytes, adobe, sizeof adobe) == 0) {
    cimage_read_xmp(orientation, bytes + sizeof adobe, count - sizeof adobe);
  }
}

int32_t cimage_orientation_value(const cimage_orientation *orientation) {
  if (orientation->exif) return orientation->exif;
  return orientation->xmp ? orientation->xmp : 1;
}
