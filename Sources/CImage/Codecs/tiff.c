// TIFF through libtiff: the first page, whatever its samples and compression, as 8-bit colours.

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <tiffio.h>

#include "internal.h"

// No strip, tile or table of a file may take more at once.
enum { MOST_ALLOCATION = 160 << 20 };

typedef struct {
  cimage_job *job;
  uint64_t at;
  bool has_failed;  // the first message says most
} tiff_source;

static tmsize_t read_bytes(thandle_t handle, void *out, tmsize_t wanted) {
  tiff_source *source = (tiff_source *)handle;
  uint64_t count = source->job->count;
  uint64_t left = source->at < count ? count - source->at : 0;
  size_t taken = wanted < 0 ? 0 : (uint64_t)wanted < left ? (size_t)wanted : (size_t)left;
  memcpy(out, source->job->bytes + (taken ? source->at : 0), taken);
  source->at += taken;
  return (tmsize_t)taken;
}

static tmsize_t write_nothing(thandle_t handle, void *bytes, tmsize_t count) {
  (void)handle, (void)bytes, (void)count;
  return 0;
}

static toff_t seek(thandle_t handle, toff_t offset, int whence) {
  tiff_source *source = (tiff_source *)handle;
  uint64_t base = whence == SEEK_CUR ? source->at : whence == SEEK_END ? source->job->count : 0;
  return source->at = base + offset;
}

static int close_nothing(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size(thandle_t handle) { return ((tiff_source *)handle)->job->count; }

static int map(thandle_t handle, void **bytes, toff_t *count) {
  tiff_source *source = (tiff_source *)handle;
  *bytes = (void *)source->job->bytes;
  *count = source->job->count;
  return 1;
}

static void unmap(thandle_t handle, void *bytes, toff_t count) {
  (void)handle, (void)bytes, (void)count;
}

#if TIFFLIB_VERSION >= 20221213

static int on_error(
    TIFF *file, void *data, const char *module, const char *format, va_list arguments) {
  (void)file, (void)module;
  tiff_source *source = data;
  if (source->has_failed) return 1;
  source->has_failed = true;
  char text[160];
  vsnprintf(text, sizeof text, format, arguments);
  cimage_fail(source->job->message, CIMAGE_CORRUPT, "TIFF: %s", text);
  return 1;
}

static int on_warning(
    TIFF *file, void *data, const char *module, const char *format, va_list arguments) {
  (void)file, (void)data, (void)module, (void)format, (void)arguments;
  return 1;
}

static TIFF *open_source(tiff_source *source) {
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (!options) return NULL;
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, MOST_ALLOCATION);
  TIFFOpenOptionsSetErrorHandlerExtR(options, on_error, source);
  TIFFOpenOptionsSetWarningHandlerExtR(options, on_warning, source);
  TIFF *file = TIFFClientOpenExt(
      "picture", "r", source, read_bytes, write_nothing, seek, close_nothing, size, map, unmap,
      options);
  TIFFOpenOptionsFree(options);
  return file;
}

#else

// Before 4.5 libtiff has one handler for all, and limits of its own.
static TIFF *open_source(tiff_source *source) {
  TIFFSetErrorHandler(NULL);
  TIFFSetWarningHandler(NULL);
  return TIFFClientOpen(
      "picture", "r", source, read_bytes, write_nothing, seek, close_nothing, size, map, unmap);
}

#endif

static int32_t broken(tiff_source *source, const char *otherwise) {
  if (source->has_failed) return CIMAGE_CORRUPT;
  return cimage_fail(source->job->message, CIMAGE_CORRUPT, "TIFF: %s", otherwise);
}

// Whether colours are stored times their alpha. libtiff would multiply those that are not.
static bool is_premultiplied(TIFF *file) {
  uint16_t count = 0, *kinds = NULL;
  if (!TIFFGetField(file, TIFFTAG_EXTRASAMPLES, &count, &kinds) || count == 0) return false;
  bool is_associated = kinds[0] == EXTRASAMPLE_ASSOCALPHA;
  if (kinds[0] == EXTRASAMPLE_UNASSALPHA) {
    uint16_t changed[16];
    if (count > 16) return false;
    for (int i = 0; i < count; i++) changed[i] = kinds[i];
    changed[0] = EXTRASAMPLE_ASSOCALPHA;
    TIFFSetField(file, TIFFTAG_EXTRASAMPLES, count, changed);
  }
  return is_associated;
}

static uint8_t divided(uint32_t value, uint32_t alpha) {
  uint32_t result = alpha ? value * 255 / alpha : 0;
  return (uint8_t)(result > 255 ? 255 : result);
}

// Makes rows of `channels` bytes of libtiff's words, in place: a pixel never grows.
static void pack(uint8_t *pixels, int64_t count, int32_t channels, bool premultiplied) {
  for (int64_t i = 0; i < count; i++) {
    uint32_t word;
    memcpy(&word, pixels + 4 * i, 4);
    uint8_t rgb[3] = {(uint8_t)TIFFGetR(word), (uint8_t)TIFFGetG(word), (uint8_t)TIFFGetB(word)};
    if (premultiplied) {
      for (int c = 0; c < 3; c++) rgb[c] = divided(rgb[c], TIFFGetA(word));
    }
    uint8_t *out = pixels + i * channels;
    if (channels == 1) {
      out[0] = cimage_grey(rgb);
    } else {
      out[0] = rgb[0], out[1] = rgb[1], out[2] = rgb[2];
    }
  }
}

static int32_t read_page(tiff_source *source, TIFF *file) {
  cimage_job *job = source->job;
  uint32_t width = 0, height = 0;
  uint16_t compression = 0;
  TIFFGetField(file, TIFFTAG_IMAGEWIDTH, &width);
  TIFFGetField(file, TIFFTAG_IMAGELENGTH, &height);
  if (width != (uint32_t)job->stored_width || height != (uint32_t)job->stored_height) {
    return cimage_fail(job->message, CIMAGE_CORRUPT, "TIFF: two sizes disagree");
  }
  TIFFGetFieldDefaulted(file, TIFFTAG_COMPRESSION, &compression);
  if (compression == COMPRESSION_OJPEG) {
    return cimage_fail(
        job->message, CIMAGE_UNKNOWN_FORMAT, "TIFF: its old kind of JPEG is not supported");
  }
  bool premultiplied = is_premultiplied(file);
  char text[1024] = "its samples are of a kind that is not supported";
  TIFFRGBAImage image;
  if (!TIFFRGBAImageOK(file, text) || !TIFFRGBAImageBegin(&image, file, 1, text)) {
    return cimage_fail(job->message, CIMAGE_UNKNOWN_FORMAT, "TIFF: %.200s", text);
  }
  // As they are stored: the header's orientation turns them.
  image.orientation = image.req_orientation = ORIENTATION_TOPLEFT;
  int64_t count = (int64_t)width * height;
  uint8_t *pixels = cimage_reserve(&job->workspace->decoded, (size_t)count * 4);
  int32_t status = CIMAGE_OK;
  if (!pixels) {
    status = cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory");
  } else if (!TIFFRGBAImageGet(&image, (uint32_t *)(void *)pixels, width, height)) {
    status = broken(source, "the file is truncated or broken");
  } else if (source->has_failed) {
    status = CIMAGE_CORRUPT;
  }
  TIFFRGBAImageEnd(&image);
  if (status != CIMAGE_OK) return status;
  pack(pixels, count, job->channels, premultiplied);
  cimage_take_part(job, pixels, (int64_t)width * job->channels);
  return CIMAGE_OK;
}

int32_t cimage_tiff_decode(cimage_job *job) {
  // Words of 4 bytes, and a strip of up to 8 bytes a pixel beside them.
  if (!cimage_is_affordable(job, 3, "TIFF")) return CIMAGE_TOO_LARGE;
  tiff_source source = {.job = job};
  TIFF *file = open_source(&source);
  if (!file) return broken(&source, "the file is truncated or broken");
  int32_t status = read_page(&source, file);
  TIFFClose(file);
  return status;
}
