// Headers: format, size and orientation from the first bytes, without decoding pixels.

#include <string.h>

#include "bytes.h"
#include "internal.h"
#include "tiff_tags.h"

static bool has(const uint8_t *bytes, size_t count, size_t at, const char *text) {
  size_t length = strlen(text);
  return count >= at + length && memcmp(bytes + at, text, length) == 0;
}

// What a file that is no picture most likely is.
static const char *guess(const uint8_t *bytes, size_t count) {
  size_t at = 0;
  while (at < count && (bytes[at] == ' ' || (bytes[at] >= 9 && bytes[at] <= 13))) at++;
  if (at == count) return "the file is empty";
  if (count >= 23 && memcmp(bytes, "version https://git-lfs", 23) == 0) {
    return "this is a Git LFS pointer, not the picture; `git lfs pull` fetches it";
  }
  if (bytes[at] == '<') return "this is HTML or XML, not a picture";
  if (has(bytes, count, 4, "ftypavi")) return "AVIF is not supported; convert it to JPEG";
  if (has(bytes, count, 4, "ftyphe") || has(bytes, count, 4, "ftypmif1") ||
      has(bytes, count, 4, "ftypmsf1")) {
    return "HEIC is not supported; convert it to JPEG";
  }
  if (has(bytes, count, 4, "ftyp")) return "this is a film or a kind of picture not supported";
  if (has(bytes, count, 0, "\xFF\x0A") || has(bytes, count, 4, "JXL ")) {
    return "JPEG XL is not supported; convert it to JPEG";
  }
  if (has(bytes, count, 4, "jP  ") || has(bytes, count, 0, "\xFF\x4F\xFF\x51")) {
    return "JPEG 2000 is not supported; convert it to JPEG";
  }
  if (has(bytes, count, 0, "8BPS")) return "Photoshop files are not supported; convert it to JPEG";
  return "not a JPEG, PNG, WebP, GIF, BMP or TIFF file";
}

int32_t cimage_probe(
    const uint8_t *bytes, int64_t signed_count, char *text, int64_t capacity,
    cimage_header *header) {
  cimage_message message = {text, capacity > 0 ? (size_t)capacity : 0};
  size_t count = signed_count > 0 ? (size_t)signed_count : 0;
  *header = (cimage_header){.orientation = 1};
  int32_t status;
  if (has(bytes, count, 0, "\xFF\xD8\xFF")) {
    status = cimage_jpeg_probe(bytes, count, message, header);
  } else if (has(bytes, count, 0, "\x89PNG\r\n\x1A\n")) {
    status = cimage_png_probe(bytes, count, message, header);
  } else if (has(bytes, count, 0, "RIFF") && has(bytes, count, 8, "WEBP")) {
    status = cimage_webp_probe(bytes, count, message, header);
  } else if (has(bytes, count, 0, "GIF87a") || has(bytes, count, 0, "GIF89a")) {
    status = cimage_gif_probe(bytes, count, message, header);
  } else if (has(bytes, count, 0, "BM") || cimage_is_dib(bytes, count)) {
    status = cimage_bmp_probe(bytes, count, message, header);
  } else if (cimage_is_tiff(bytes, count)) {
    status = cimage_tiff_probe(bytes, count, message, header);
  } else {
    return cimage_fail(message, CIMAGE_UNKNOWN_FORMAT, "%s", guess(bytes, count));
  }
  if (status != CIMAGE_OK) return status;
  if (header->width <= 0 || header->height <= 0) {
    return cimage_fail(
        message, CIMAGE_CORRUPT, "the header gives a size of %dx%d", header->width,
        header->height);
  }
  if (header->orientation >= 5) {
    int32_t width = header->width;
    header->width = header->height;
    header->height = width;
  }
  return CIMAGE_OK;
}
