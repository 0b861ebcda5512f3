#ifndef CIMAGE_H
#define CIMAGE_H

// A C ABI over libjpeg, libpng, libwebp, giflib and libtiff: bytes in, 8-bit pixels out.
//
// Every call that can fail returns a CIMAGE_ status and, when `message` is given, leaves one line
// there. Nothing here keeps a pointer to its arguments after it returns, no error leaves a C frame
// other than by a status, and nothing is shared between workspaces: one a thread.

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#define CIMAGE_NULLABLE _Nullable
#define CIMAGE_NONNULL _Nonnull
#else
#define CIMAGE_NULLABLE
#define CIMAGE_NONNULL
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CIMAGE_OK = 0,
  CIMAGE_UNKNOWN_FORMAT = 1,  // none of the kinds below, or one of theirs nobody can show
  CIMAGE_CORRUPT = 2,         // truncated or broken
  CIMAGE_TOO_LARGE = 3,       // more pixels or scans than allowed
  CIMAGE_NO_MEMORY = 4,
  CIMAGE_BAD_ARGUMENT = 5,
};

enum {
  CIMAGE_JPEG = 1,
  CIMAGE_PNG = 2,
  CIMAGE_WEBP = 3,
  CIMAGE_GIF = 4,
  CIMAGE_BMP = 5,
  CIMAGE_TIFF = 6,
};

enum {
  CIMAGE_BILINEAR = 0,  // the triangle
  CIMAGE_BICUBIC = 1,   // cubic convolution, a = -0.5, as Pillow has it
};

// What the header says. Width and height are those of the upright picture.
typedef struct {
  int32_t format;
  int32_t width;
  int32_t height;
  int32_t components;   // as stored: 1 grey or palette, 2 grey + alpha, 3 colour, 4 + alpha or CMYK
  int32_t orientation;  // EXIF's or XMP's, 1 to 8; 5 to 8 swap the stored width and height
} cimage_header;

// What to decode. Coordinates are those of the upright picture.
typedef struct {
  int32_t channels;       // 1: grey, (19595 R + 38470 G + 7471 B + 32768) >> 16; 3: RGB
  int32_t x, y;           // the wanted part
  int32_t width, height;  // 0: the whole picture
  // The part may be decoded at 1/2, 1/4 or 1/8 of its size as long as it stays at least this large
  // (then with the codec's own grey, and to the last wanted row); 0: full size, every byte checked.
  int32_t least_width, least_height;
  int32_t most_scans;   // of a progressive JPEG
  // Width × height of the whole picture; a WebP or TIFF and a progressive JPEG, which take more memory
  // and time, may have a third and half as many.
  int64_t most_pixels;
} cimage_request;

// Pixels in the workspace, valid until its next decode: `height` rows of `width` × `channels` bytes.
typedef struct {
  const uint8_t *pixels;
  int64_t stride;  // bytes from row to row
  int32_t width, height;
  int32_t channels;
  double box[4];  // left, top, right, bottom of the wanted part within these pixels
  int32_t lacks_end;  // 1 when every row is there, and the file's end is missing
} cimage_picture;

// One thread's buffers, reused from picture to picture.
typedef struct cimage_workspace cimage_workspace;

cimage_workspace *CIMAGE_NULLABLE cimage_workspace_create(void);

// Keeps to the plain loops, which a test compares the vector ones with.
void cimage_workspace_use_plain_loops(cimage_workspace *workspace);

void cimage_workspace_destroy(cimage_workspace *CIMAGE_NULLABLE workspace);

// Reads format, size and orientation without decoding pixels.
int32_t cimage_probe(
    const uint8_t *bytes, int64_t count, char *CIMAGE_NULLABLE message, int64_t capacity,
    cimage_header *header);

// Decodes the wanted part, upright. A broken file is a status, never pixels; one that lacks nothing but
// its end is whole.
int32_t cimage_decode(
    cimage_workspace *workspace, const uint8_t *bytes, int64_t count,
    const cimage_request *request, char *CIMAGE_NULLABLE message, int64_t capacity,
    cimage_picture *picture);

// Copies pixels that need no decoding into the workspace, grey repeated or colour made grey; `stride` is
// the bytes from row to row.
int32_t cimage_adopt(
    cimage_workspace *workspace, const uint8_t *pixels, int64_t stride, int32_t width,
    int32_t height, int32_t channels, int32_t wanted_channels, cimage_picture *picture);

// Resizes `picture->box` to `width` × `height` with an antialiased filter (CIMAGE_BILINEAR or
// CIMAGE_BICUBIC), 22-bit coefficients and an 8-bit picture between the two passes, and writes the
// window at (`x`, `y`) of `window_width` × `window_height` of the result to `out`, mirrored left to
// right when asked. The picture must be one that this workspace decoded or adopted: reads run past
// its last pixel.
int32_t cimage_resize(
    cimage_workspace *workspace, const cimage_picture *picture, int32_t width, int32_t height,
    int32_t filter, int32_t x, int32_t y, int32_t window_width, int32_t window_height,
    int32_t mirrored, uint8_t *out, int64_t out_stride);

// Two fingerprints of two words each: of all of `picture->box`, squeezed to 32 × 32 grey pixels, and of
// what is left without 3 % on each side. Bit i is the sign of the i-th lowest frequency; both words are
// 0 where fewer than half of the frequencies say something. The picture stays as it is.
int32_t cimage_fingerprints(
    cimage_workspace *workspace, const cimage_picture *picture, uint64_t *out);

// Which of `count` fingerprints (two words each) differ from `query` in at most `most_bits`: the
// indices of the first `most_found` of them go to `out`; returns how many.
int32_t cimage_fingerprint_matches(
    const uint64_t *query, const uint64_t *list, int32_t count, int32_t most_bits,
    int32_t most_found, int32_t *out);

// 1 when one of `a_count` fingerprints differs in at most `most_bits` from one of `b_count` others,
// else 0.
int32_t cimage_fingerprints_meet(
    const uint64_t *a, int32_t a_count, const uint64_t *b, int32_t b_count, int32_t most_bits);

// The least of `best` and of (bits in which `all[row]` differs from `query`) << 32 | row over those
// `rows` that have none of the bits in `skipped`.
int64_t cimage_fingerprint_nearest(
    const uint64_t *query, const uint64_t *all, const uint32_t *rows, int32_t count,
    uint32_t skipped, int64_t best);

// Copies the window at (`x`, `y`) of `width` × `height` to `out`, mirrored when asked; what lies
// outside the picture is zero. `channels` 1 or 3: grey is repeated, colour becomes grey.
void cimage_window(
    const cimage_picture *picture, int32_t channels, int32_t x, int32_t y, int32_t width,
    int32_t height, int32_t mirrored, uint8_t *out, int64_t out_stride);

// Fills a rectangle of `out` with one colour.
void cimage_fill(
    uint8_t *out, int64_t out_stride, int32_t channels, int32_t x, int32_t y, int32_t width,
    int32_t height, const uint8_t *colour);

// How many of `count` pixels have each value, 256 numbers a channel.
void cimage_count_values(
    const uint8_t *pixels, int64_t count, int32_t channels, uint32_t *counts);

// The sum of the pixels' greys.
int64_t cimage_grey_sum(const uint8_t *pixels, int64_t count, int32_t channels);

// Replaces every byte by its entry of the channel's table of 256.
void cimage_look_up(uint8_t *pixels, int64_t count, int32_t channels, const uint8_t *tables);

// Moves every pixel from its grey: Pillow's ImageEnhance.Color.
void cimage_saturate(uint8_t *pixels, int64_t count, int32_t channels, float factor);

// Moves every pixel from its smoothed value: Pillow's ImageEnhance.Sharpness, into `out`.
void cimage_sharpen(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, float factor,
    uint8_t *out);

// The nearest pixel at `matrix` (a, b, c, d, e, f) of every pixel of `out`, black where there is none:
// Pillow's Image.transform with AFFINE and NEAREST.
void cimage_affine(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, const double *matrix,
    uint8_t *out);

// Mixes two pictures of `count` bytes, each with `share` of itself and the rest of the other: Mixup.
void cimage_mix(uint8_t *a, uint8_t *b, int64_t count, float share);

// Exchanges a rectangle of two pictures: CutMix.
void cimage_swap(
    uint8_t *a, uint8_t *b, int64_t stride, int32_t channels, int32_t x, int32_t y, int32_t width,
    int32_t height);

// Encodes `height` rows of `width` × `channels` (1 or 3) bytes into memory that the caller frees with
// free(3): every pixel as it is, or at a quality of 1 to 100.
int32_t cimage_encode_png(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels,
    uint8_t *CIMAGE_NULLABLE *CIMAGE_NONNULL out, int64_t *out_count);
int32_t cimage_encode_jpeg(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int32_t quality,
    uint8_t *CIMAGE_NULLABLE *CIMAGE_NONNULL out, int64_t *out_count);

// The codec libraries and their versions, a line: "libjpeg-turbo 2.1.5, libpng 1.6.39, …".
int32_t cimage_codecs(char *text, int64_t capacity);

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
