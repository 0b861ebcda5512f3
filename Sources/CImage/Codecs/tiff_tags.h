#ifndef CIMAGE_TIFF_TAGS_H
#define CIMAGE_TIFF_TAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Whether the bytes begin as a TIFF file does.
bool cimage_is_tiff(const uint8_t *bytes, size_t count);

// The first value of the tag in the block's first directory, of whatever integer type, if it is from
// `least` to `most`. The block may have "Exif\0\0" before it.
bool cimage_tiff_integer(
    const uint8_t *bytes, size_t count, uint32_t tag, uint32_t least, uint32_t most,
    uint32_t *value);

// Where in a TIFF file the bytes are that its first directory has under the tag.
bool cimage_tiff_bytes(
    const uint8_t *bytes, size_t count, uint32_t tag, size_t *start, size_t *length);

#endif
