// Whether a PNG's compressed pixels are whole, which libpng does not tell of a file that ends early.

#include <string.h>
#include <zlib.h>

#include "bytes.h"
#include "internal.h"

// Inflates and forgets; true when the stream comes to its end, where its checksum is right.
static bool takes(z_stream *stream, const uint8_t *data, size_t count) {
  uint8_t out[16384];
  stream->next_in = (z_const Bytef *)data;
  stream->avail_in = count > UINT32_MAX ? UINT32_MAX : (uInt)count;
  int code = Z_OK;
  while (code == Z_OK && (stream->avail_in > 0 || stream->avail_out == 0)) {
    stream->next_out = out;
    stream->avail_out = sizeof out;
    code = inflate(stream, Z_NO_FLUSH);
  }
  return code == Z_STREAM_END;
}

bool cimage_png_stream_ends(const cimage_job *job) {
  z_stream stream = {.avail_out = 1};
  if (inflateInit(&stream) != Z_OK) return false;
  bool ends = false;
  for (size_t at = 8; !ends && at + 8 <= job->count;) {
    size_t length = big32(job->bytes + at), left = job->count - at - 8;
    bool is_pixels = memcmp(job->bytes + at + 4, "IDAT", 4) == 0;
    if (is_pixels) ends = takes(&stream, job->bytes + at + 8, length < left ? length : left);
    if (length + 4 > left) break;
    at += 12 + length;
  }
  inflateEnd(&stream);
  return ends;
}
