// What PNG's text chunks say about the orientation: XMP as it is, and EXIF or XMP as the hexadecimal
// "raw profile" that ImageMagick and exiftool write.

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "orientation.h"

// No more of a text is inflated. EXIF has at most 64 KiB, twice as many digits.
enum { MOST_TEXT = 256 << 10 };

typedef struct {
  const uint8_t *bytes;
  size_t count;
  uint8_t *owned;  // the same bytes, where they are to be freed
} chunk_text;

// Goes past the zero that ends a string.
static bool skip_string(chunk_text *text) {
  const uint8_t *zero = memchr(text->bytes, 0, text->count);
  if (!zero) return false;
  text->count -= (size_t)(zero - text->bytes) + 1;
  text->bytes = zero + 1;
  return true;
}

// What is inflated before the stream ends, breaks or grows too long.
static bool inflate_text(chunk_text *text) {
  z_stream stream = {0};
  text->owned = malloc(MOST_TEXT);
  if (!text->owned || inflateInit(&stream) != Z_OK) return false;
  stream.next_in = (z_const Bytef *)text->bytes;
  stream.avail_in = text->count > INT32_MAX ? INT32_MAX : (uInt)text->count;
  stream.next_out = text->owned;
  stream.avail_out = MOST_TEXT;
  inflate(&stream, Z_SYNC_FLUSH);
  text->bytes = text->owned;
  text->count = MOST_TEXT - stream.avail_out;
  inflateEnd(&stream);
  return true;
}

// Points at the text of a chunk past its keyword.
static bool open_text(const uint8_t *name, chunk_text *text) {
  bool is_compressed = memcmp(name, "zTXt", 4) == 0;
  if (is_compressed) {
    if (text->count < 1 || text->bytes[0] != 0) return false;
    text->bytes++, text->count--;
  } else if (memcmp(name, "iTXt", 4) == 0) {
    if (text->count < 2) return false;
    is_compressed = text->bytes[0] == 1;
    text->bytes += 2, text->count -= 2;
    if (!skip_string(text) || !skip_string(text)) return false;  // language, translated keyword
  }
  return !is_compressed || inflate_text(text);
}

static int digit(uint8_t c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// A line break, the profile's name, a line with its length, and digits in lines.
static uint8_t *bytes_of_profile(const chunk_text *text, size_t *count) {
  size_t at = 0;
  while (at < text->count && text->bytes[at] == '\n') at++;
  for (int line = 0; line < 2; line++) {
    while (at < text->count && text->bytes[at] != '\n') at++;
    if (at < text->count) at++;
  }
  uint8_t *out = malloc((text->count - at) / 2 + 1);
  *count = 0;
  if (!out) return NULL;
  int high = -1;
  for (; at < text->count; at++) {
    int value = digit(text->bytes[at]);
    if (value < 0) continue;
    if (high < 0) {
      high = value;
    } else {
      out[(*count)++] = (uint8_t)(high << 4 | value);
      high = -1;
    }
  }
  return out;
}

static void read_profile(cimage_orientation *orientation, const chunk_text *text) {
  size_t count;
  uint8_t *bytes = bytes_of_profile(text, &count);
  if (!bytes) return;
  // exif and APP1 hold the segment, with its name or without, xmp and again APP1 the packet.
  cimage_read_exif(orientation, bytes, count);
  cimage_read_xmp(orientation, bytes, count);
  free(bytes);
}

static bool is_raw_profile(const char *keyword) {
  static const char *const kinds[] = {"exif", "APP1", "app1", "xmp"};
  static const char start[] = "Raw profile type ";
  if (strncmp(keyword, start, sizeof start - 1) != 0) return false;
  for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
    if (strcmp(keyword + sizeof start - 1, kinds[i]) == 0) return true;
  }
  return false;
}

void cimage_read_png_text(
    cimage_orientation *orientation, const uint8_t *name, const uint8_t *bytes, size_t count) {
  chunk_text text = {.bytes = bytes, .count = count};
  if (!skip_string(&text)) return;
  const char *keyword = (const char *)bytes;  // it ends with the zero just passed
  bool is_xmp = strcmp(keyword, "XML:com.adobe.xmp") == 0;
  if ((!is_xmp && !is_raw_profile(keyword)) || orientation->texts >= CIMAGE_MOST_TEXTS) return;
  orientation->texts++;
  if (open_text(name, &text)) {
    if (is_xmp) {
      cimage_read_xmp(orientation, text.bytes, text.count);
    } else {
      read_profile(orientation, &text);
    }
  }
  free(text.owned);
}
