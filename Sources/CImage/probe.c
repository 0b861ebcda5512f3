// Headers: format, size and orientation from the first bytes, with no codec and no allocation.

#include <string.h>
#include <webp/decode.h>

#include "internal.h"

static uint32_t big16(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static uint32_t big32(const uint8_t *p) { return big16(p) << 16 | big16(p + 2); }
static uint32_t little16(const uint8_t *p) { return (uint32_t)p[1] << 8 | p[0]; }
static uint32_t little32(const uint8_t *p) { return little16(p + 2) << 16 | little16(p); }

int32_t cimage_tiff_orientation(const uint8_t *bytes, size_t count) {
  if (count >= 6 && memcmp(bytes, "Exif\0\0", 6) == 0) {
    bytes += 6;
    count -= 6;
  }
  if (count < 8) return 1;
  bool big = memcmp(bytes, "MM\0*", 4) == 0;
  if (!big && memcmp(bytes, "II*\0", 4) != 0) return 1;
  uint32_t (*read16)(const uint8_t *) = big ? big16 : little16;
  size_t directory = big ? big32(bytes + 4) : little32(bytes + 4);
  if (directory > count - 2) return 1;
  size_t entries = read16(bytes + directory);
  for (size_t i = 0; i < entries; i++) {
    size_t entry = directory + 2 + 12 * i;
    if (entry + 12 > count) return 1;
    if (read16(bytes + entry) != 0x0112) continue;
    uint32_t type = read16(bytes + entry + 2);
    uint32_t value = read16(bytes + entry + 8);
    return type == 3 && value >= 1 && value <= 8 ? (int32_t)value : 1;
  }
  return 1;
}

static int32_t probe_jpeg(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header) {
  size_t at = 2;
  bool oriented = false, framed = false;
  while (at + 4 <= count) {
    if (bytes[at] != 0xFF) {
      at++;  // stray bytes between segments, which decoders skip too
      continue;
    }
    uint8_t marker = bytes[at + 1];
    if (marker == 0xFF) {
      at++;
      continue;
    }
    if (marker == 0 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) {
      at += 2;
      continue;
    }
    if (marker == 0xD9 || marker == 0xDA) break;
    size_t length = big16(bytes + at + 2);
    if (length < 2 || at + 2 + length > count) break;
    const uint8_t *segment = bytes + at + 4;
    size_t size = length - 2;
    if (marker == 0xE1 && !oriented && size > 6 && memcmp(segment, "Exif\0\0", 6) == 0) {
      header->orientation = cimage_tiff_orientation(segment, size);
      oriented = true;
    }
    bool frame = !framed && marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 &&
                 marker != 0xCC;
    if (frame && size >= 6) {
      header->format = CIMAGE_JPEG;
      header->height = (int32_t)big16(segment + 1);
      header->width = (int32_t)big16(segment + 3);
      header->components = segment[5];
      framed = true;  // the orientation may still follow
    }
    at += 2 + length;
  }
  if (framed) return CIMAGE_OK;
  return cimage_fail(message, CIMAGE_CORRUPT, "JPEG: the file ends before its frame header");
}

static int32_t probe_png(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header) {
  if (count < 33 || memcmp(bytes + 12, "IHDR", 4) != 0) {
    return cimage_fail(message, CIMAGE_CORRUPT, "PNG: the file ends before its header");
  }
  uint32_t width = big32(bytes + 16), height = big32(bytes + 20);
  if (width > INT32_MAX || height > INT32_MAX) {
    return cimage_fail(message, CIMAGE_CORRUPT, "PNG: impossible size %ux%u", width, height);
  }
  static const int32_t components[7] = {1, 0, 3, 1, 2, 0, 4};
  uint8_t type = bytes[25];
  header->format = CIMAGE_PNG;
  header->width = (int32_t)width;
  header->height = (int32_t)height;
  header->components = type < 7 ? components[type] : 0;
  for (size_t at = 8; at + 12 <= count;) {
    size_t length = big32(bytes + at);
    if (length > count - at - 12) break;
    if (memcmp(bytes + at + 4, "eXIf", 4) == 0) {
      header->orientation = cimage_tiff_orientation(bytes + at + 8, length);
    }
    at += 12 + length;
  }
  return CIMAGE_OK;
}

static int32_t probe_webp(
    const uint8_t *bytes, size_t count, cimage_message message, cimage_header *header) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes, count, &features) != VP8_STATUS_OK) {
    return cimage_fail(message, CIMAGE_CORRUPT, "WebP: the header is truncated or broken");
  }
  header->format = CIMAGE_WEBP;
  header->width = features.width;
  header->height = features.height;
  header->components = features.has_alpha ? 4 : 3;
  for (size_t at = 12; at + 8 <= count;) {
    size_t length = little32(bytes + at + 4);
    if (length > count - at - 8) break;
    if (memcmp(bytes + at, "EXIF", 4) == 0) {
      header->orientation = cimage_tiff_orientation(bytes + at + 8, length);
    }
    at += 8 + length + (length & 1);
  }
  return CIMAGE_OK;
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
  if (count >= 6 && memcmp(bytes, "GIF8", 4) == 0) return "GIF is not supported";
  if (count >= 2 && memcmp(bytes, "BM", 2) == 0) return "BMP is not supported";
  if (count >= 4 && (memcmp(bytes, "II*\0", 4) == 0 || memcmp(bytes, "MM\0*", 4) == 0)) {
    return "TIFF is not supported";
  }
  if (count >= 12 && memcmp(bytes + 4, "ftyp", 4) == 0) return "AVIF and HEIC are not supported";
  return "not a JPEG, PNG or WebP file";
}

int32_t cimage_probe(
    const uint8_t *bytes, int64_t signed_count, char *text, int64_t capacity,
    cimage_header *header) {
  cimage_message message = {text, capacity > 0 ? (size_t)capacity : 0};
  size_t count = signed_count > 0 ? (size_t)signed_count : 0;
  *header = (cimage_header){.orientation = 1};
  int32_t status;
  if (count >= 3 && memcmp(bytes, "\xFF\xD8\xFF", 3) == 0) {
    status = probe_jpeg(bytes, count, message, header);
  } else if (count >= 8 && memcmp(bytes, "\x89PNG\r\n\x1A\n", 8) == 0) {
    status = probe_png(bytes, count, message, header);
  } else if (
      count >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0) {
    status = probe_webp(bytes, count, message, header);
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
