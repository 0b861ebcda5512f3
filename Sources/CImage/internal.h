#ifndef CIMAGE_INTERNAL_H
#define CIMAGE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cimage.h"

// Loads may run this many bytes past the end of a buffer's contents.
#define CIMAGE_PADDING 64

typedef struct {
  uint8_t *bytes;
  size_t capacity;
} cimage_buffer;

struct cimage_workspace {
  cimage_buffer decoded;  // as stored
  cimage_buffer upright;  // turned by EXIF
  cimage_buffer row;      // one row before its colours are converted
  cimage_buffer narrow;   // between the two passes of a resize
  cimage_buffer taps;     // the coefficients of a resize
  cimage_buffer means;    // the blocks of a small grey picture
  bool plain;             // no vector instructions
};

// Where one line about a failure goes.
typedef struct {
  char *text;
  size_t capacity;
} cimage_message;

// A decoder's order: the part of the stored picture, and the pixels it left.
typedef struct {
  cimage_workspace *workspace;
  const uint8_t *bytes;
  size_t count;
  cimage_header header;
  int32_t stored_width, stored_height;
  int32_t channels;
  int32_t x, y, width, height;        // wanted, as stored
  int32_t least_width, least_height;  // as stored; 0: exact
  int32_t most_scans;
  int64_t most_pixels;
  cimage_message message;
  cimage_picture picture;  // out, as stored
  bool lacks_end;          // out: every row is there, what should follow is not
} cimage_job;

int32_t cimage_fail(cimage_message message, int32_t status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// At least `count` bytes and the padding, or NULL. The contents are not kept; a buffer that a giant
// picture left behind is given back.
uint8_t *cimage_reserve(cimage_buffer *buffer, size_t count);

// Whether the picture, counted `times` over because its kind takes that much more memory and time
// than plain rows do, stays below the limit on pixels; if not, says so.
bool cimage_is_affordable(const cimage_job *job, int32_t times, const char *kind);

// What the bytes say of size and orientation, as stored; the caller turns the size.
int32_t cimage_jpeg_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header);
int32_t cimage_png_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header);
int32_t cimage_webp_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header);
int32_t cimage_gif_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header);
int32_t cimage_bmp_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header);
int32_t cimage_tiff_probe(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header);

// Whether the bytes are a BMP without its file header.
bool cimage_is_dib(const uint8_t *bytes, size_t count);

int32_t cimage_jpeg_decode(cimage_job *job);
int32_t cimage_png_decode(cimage_job *job);
int32_t cimage_webp_decode(cimage_job *job);
int32_t cimage_gif_decode(cimage_job *job);
int32_t cimage_bmp_decode(cimage_job *job);
int32_t cimage_tiff_decode(cimage_job *job);

// Whether a JPEG's bytes behind the header of its first scan hold an end marker; and how many of them
// there are without the zeros at their end, which a disk or a copy left and which are to pass for no
// pixels.
bool cimage_jpeg_has_end(const uint8_t *bytes, size_t count);
size_t cimage_jpeg_without_zeros(const uint8_t *bytes, size_t count);

// Whether the compressed pixels of a PNG come to their end, their checksum right.
bool cimage_png_stream_ends(const cimage_job *job);

enum { CIMAGE_FINGERPRINT_SIDE = 32 };

// The fingerprint of 32 × 32 grey pixels, two words.
void cimage_fingerprint(const uint8_t *grey, uint64_t *out);

// Points the job's picture at its wanted part of whole-picture pixels.
void cimage_take_part(cimage_job *job, const uint8_t *pixels, int64_t stride);

static inline uint8_t cimage_grey(const uint8_t *rgb) {
  return (uint8_t)((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 32768u) >> 16);
}

static inline void cimage_grey_row(const uint8_t *rgb, uint8_t *grey, int32_t width) {
  for (int32_t x = 0; x < width; x++) grey[x] = cimage_grey(rgb + 3 * (size_t)x);
}

#endif
