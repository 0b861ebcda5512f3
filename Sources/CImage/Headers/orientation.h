#ifndef CIMAGE_ORIENTATION_H
#define CIMAGE_ORIENTATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// What the parts of a file say about its orientation, 0 where none has said anything. EXIF is believed
// before XMP, and of two of a kind the first.
typedef struct {
  int32_t exif, xmp;
  int32_t texts;  // how many texts were read: a file may hold thousands
} cimage_orientation;

enum { CIMAGE_MOST_TEXTS = 8 };

// Reads a TIFF block, which may have "Exif\0\0" before it.
void cimage_read_exif(cimage_orientation *orientation, const uint8_t *bytes, size_t count);

// Reads an XMP packet.
void cimage_read_xmp(cimage_orientation *orientation, const uint8_t *bytes, size_t count);

// Reads a JPEG's APP1 segment.
void cimage_read_app1(cimage_orientation *orientation, const uint8_t *bytes, size_t count);

// Reads a PNG's tEXt, zTXt or iTXt chunk.
void cimage_read_png_text(
    cimage_orientation *orientation, const uint8_t *name, const uint8_t *bytes, size_t count);

// The orientation that they give together, 1 to 8.
int32_t cimage_orientation_value(const cimage_orientation *orientation);

// The orientation that an XMP packet gives, or 0.
int32_t cimage_xmp_orientation(const uint8_t *bytes, size_t count);

#endif
