// Gzip and Zstandard streams, inflated piece by piece in constant memory.

#include <stdbool.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

#include "cinflate.h"

struct cinflate_stream {
  int32_t format;
  bool between_members;  // nothing of a member (gzip) or frame (Zstandard) is open
  bool any_member;       // at least one was complete
  z_stream gzip;
  ZSTD_DStream *zstd;
};

cinflate_stream *cinflate_stream_create(int32_t format) {
  cinflate_stream *inflater = calloc(1, sizeof *inflater);
  if (!inflater) return NULL;
  inflater->format = format;
  inflater->between_members = true;
  if (format == CINFLATE_GZIP && inflateInit2(&inflater->gzip, 15 + 16) == Z_OK) return inflater;
  if (format == CINFLATE_ZSTD) {
    // The library refuses windows above 128 MiB of its own, which bounds the memory.
    inflater->zstd = ZSTD_createDStream();
    if (inflater->zstd) return inflater;
  }
  free(inflater);
  return NULL;
}

void cinflate_stream_destroy(cinflate_stream *inflater) {
  if (!inflater) return;
  if (inflater->format == CINFLATE_GZIP) inflateEnd(&inflater->gzip);
  ZSTD_freeDStream(inflater->zstd);
  free(inflater);
}

static int32_t inflate_gzip(
    cinflate_stream *inflater, const uint8_t *in, int64_t in_count, uint8_t *out,
    int64_t capacity, int64_t *used, int64_t *made) {
  // Zeros after a member are padding, as gzip(1) has it: tapes and block devices leave them.
  int64_t padding = 0;
  if (inflater->between_members && inflater->any_member) {
    while (padding < in_count && in[padding] == 0) padding++;
  }
  *used = padding;
  if (padding == in_count) return CINFLATE_OK;
  z_stream *stream = &inflater->gzip;
  if (inflater->between_members && inflater->any_member && inflateReset(stream) != Z_OK)
    return CINFLATE_CORRUPT;
  inflater->between_members = false;
  uInt input = in_count - padding > INT32_MAX ? INT32_MAX : (uInt)(in_count - padding);
  uInt output = capacity > INT32_MAX ? INT32_MAX : (uInt)capacity;
  stream->next_in = (z_const Bytef *)(in + padding);
  stream->avail_in = input;
  stream->next_out = out;
  stream->avail_out = output;
  int code = inflate(stream, Z_NO_FLUSH);
  *used = padding + (input - stream->avail_in);
  *made = output - stream->avail_out;
  if (code == Z_STREAM_END) {
    inflater->between_members = true;
    inflater->any_member = true;
    return CINFLATE_OK;
  }
  if (code == Z_MEM_ERROR) return CINFLATE_NO_MEMORY;
  return code == Z_OK || code == Z_BUF_ERROR ? CINFLATE_OK : CINFLATE_CORRUPT;
}

static int32_t inflate_zstd(
    cinflate_stream *inflater, const uint8_t *in, int64_t in_count, uint8_t *out,
    int64_t capacity, int64_t *used, int64_t *made) {
  ZSTD_inBuffer input = {in, (size_t)in_count, 0};
  ZSTD_outBuffer output = {out, (size_t)capacity, 0};
  size_t code = ZSTD_decompressStream(inflater->zstd, &output, &input);
  *used = (int64_t)input.pos;
  *made = (int64_t)output.pos;
  if (ZSTD_isError(code)) return CINFLATE_CORRUPT;
  if (code == 0) {
    inflater->between_members = true;
    inflater->any_member = true;
  } else if (input.pos > 0 || output.pos > 0) {
    inflater->between_members = false;
  }
  return CINFLATE_OK;
}

int32_t cinflate_inflate(
    cinflate_stream *inflater, const uint8_t *in, int64_t in_count, uint8_t *out,
    int64_t capacity, int64_t *used, int64_t *made, int32_t *is_complete) {
  *used = 0;
  *made = 0;
  *is_complete = 0;
  if (in_count < 0 || capacity <= 0) return CINFLATE_BAD_ARGUMENT;
  int32_t status = inflater->format == CINFLATE_GZIP
                       ? inflate_gzip(inflater, in, in_count, out, capacity, used, made)
                       : inflate_zstd(inflater, in, in_count, out, capacity, used, made);
  *is_complete = inflater->between_members && inflater->any_member;
  return status;
}
