// Gzip members through zlib, into memory.

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "cinflate.h"

int32_t cinflate_gunzip_head(
    const uint8_t *bytes, int64_t count, uint8_t *out, int64_t capacity, int64_t *out_count) {
  *out_count = 0;
  if (count <= 0 || capacity <= 0 || capacity > INT32_MAX) return CINFLATE_CORRUPT;
  z_stream stream = {0};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return CINFLATE_NO_MEMORY;
  stream.next_in = (z_const Bytef *)bytes;
  stream.avail_in = count > INT32_MAX ? INT32_MAX : (uInt)count;
  stream.next_out = out;
  stream.avail_out = (uInt)capacity;
  int code = inflate(&stream, Z_SYNC_FLUSH);
  *out_count = capacity - stream.avail_out;
  inflateEnd(&stream);
  if (code == Z_MEM_ERROR) return CINFLATE_NO_MEMORY;
  return code == Z_OK || code == Z_STREAM_END || code == Z_BUF_ERROR ? CINFLATE_OK : CINFLATE_CORRUPT;
}

// Inflates member after member, growing the output as it comes: a length in a file is no promise.
int32_t cinflate_gunzip(
    const uint8_t *bytes, int64_t count, int64_t most_bytes, uint8_t **out, int64_t *out_count) {
  enum { STEP = 1 << 20 };
  *out = NULL;
  *out_count = 0;
  if (count <= 0) return CINFLATE_CORRUPT;
  z_stream stream = {0};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return CINFLATE_NO_MEMORY;
  uint8_t *text = NULL;
  size_t capacity = 0, used = 0, read = 0;
  int32_t status = CINFLATE_OK;
  for (;;) {
    if (used == capacity) {
      size_t larger = capacity < STEP ? STEP : capacity * 2;
      uint8_t *grown = realloc(text, larger);
      if (!grown) {
        status = CINFLATE_NO_MEMORY;
        break;
      }
      text = grown;
      capacity = larger;
    }
    size_t left = (size_t)count - read, room = capacity - used;
    uInt input = left > INT32_MAX ? INT32_MAX : (uInt)left;
    uInt output = room > INT32_MAX ? INT32_MAX : (uInt)room;
    stream.next_in = (z_const Bytef *)(bytes + read);
    stream.avail_in = input;
    stream.next_out = text + used;
    stream.avail_out = output;
    int code = inflate(&stream, Z_NO_FLUSH);
    read += input - stream.avail_in;
    used += output - stream.avail_out;
    if (used > (size_t)most_bytes) {
      status = CINFLATE_TOO_LARGE;
      break;
    }
    if (code == Z_STREAM_END) {
      if (read == (size_t)count) break;
      if (inflateReset(&stream) != Z_OK) status = CINFLATE_CORRUPT;
    } else if (code == Z_MEM_ERROR) {
      status = CINFLATE_NO_MEMORY;
    } else if (code != Z_OK) {
      status = CINFLATE_CORRUPT;  // truncated input ends here as Z_BUF_ERROR
    }
    if (status != CINFLATE_OK) break;
  }
  inflateEnd(&stream);
  if (status == CINFLATE_OK) {
    *out = text;
    *out_count = (int64_t)used;
  } else {
    free(text);
  }
  return status;
}

uint32_t cinflate_crc32(uint32_t before, const uint8_t *bytes, int64_t count) {
  return bytes && count > 0 ? (uint32_t)crc32_z(before, bytes, (z_size_t)count) : before;
}
