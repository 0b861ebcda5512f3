#ifndef CINFLATE_H
#define CINFLATE_H

// A C ABI over zlib and libzstd: gzip members and Zstandard frames in, their contents out.
//
// Every call that can fail returns a CINFLATE_ status. Nothing here keeps a pointer to its arguments
// after it returns, and nothing is shared between inflaters: one a thread.

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#define CINFLATE_NULLABLE _Nullable
#define CINFLATE_NONNULL _Nonnull
#else
#define CINFLATE_NULLABLE
#define CINFLATE_NONNULL
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum {
  CINFLATE_OK = 0,
  CINFLATE_CORRUPT = 1,    // truncated or broken
  CINFLATE_TOO_LARGE = 2,  // more bytes than allowed
  CINFLATE_NO_MEMORY = 3,
  CINFLATE_BAD_ARGUMENT = 4,
};

// Inflates the first `capacity` bytes at most of the gzip members in `bytes`: a header.
int32_t cinflate_gunzip_head(
    const uint8_t *bytes, int64_t count, uint8_t *out, int64_t capacity, int64_t *out_count);

// Inflates the gzip members in `bytes` into memory that the caller frees with free(3).
int32_t cinflate_gunzip(
    const uint8_t *bytes, int64_t count, int64_t most_bytes, uint8_t *CINFLATE_NULLABLE *CINFLATE_NONNULL out,
    int64_t *out_count);

enum {
  CINFLATE_GZIP = 1,
  CINFLATE_ZSTD = 2,
};

// The CRC-32 that zip archives and gzip members have, of what came before, 0 at first, and `bytes`.
uint32_t cinflate_crc32(uint32_t before, const uint8_t *CINFLATE_NULLABLE bytes, int64_t count);

// A gzip or Zstandard stream that is inflated as its bytes come, one member or frame after the other.
typedef struct cinflate_stream cinflate_stream;

cinflate_stream *CINFLATE_NULLABLE cinflate_stream_create(int32_t format);

void cinflate_stream_destroy(cinflate_stream *CINFLATE_NULLABLE inflater);

// Inflates from `in` to `out` as far as either goes: `used` bytes were taken, `made` were written.
// `is_complete` says whether the input may end here; anywhere else it is cut short. With nothing
// left to take, call again with `in_count` 0 until nothing is made.
int32_t cinflate_inflate(
    cinflate_stream *inflater, const uint8_t *in, int64_t in_count, uint8_t *out,
    int64_t capacity, int64_t *used, int64_t *made, int32_t *is_complete);

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
