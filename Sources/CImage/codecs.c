// Which codec libraries are linked.

#include <stdio.h>

#include <jpeglib.h>

#include <gif_lib.h>
#include <png.h>
#include <tiffio.h>
#include <webp/decode.h>
#include <zlib.h>

#include "internal.h"

#define TEXT(value) #value
#define TEXT_OF(macro) TEXT(macro)

// libjpeg has no call that gives the version; the header's is the one that was built against.
#ifdef LIBJPEG_TURBO_VERSION
#define JPEG_NAME "libjpeg-turbo " TEXT_OF(LIBJPEG_TURBO_VERSION)
#else
#define JPEG_NAME "libjpeg " TEXT_OF(JPEG_LIB_VERSION)
#endif

int32_t cimage_codecs(char *text, int64_t capacity) {
  int webp = WebPGetDecoderVersion();
  char tiff[16] = "";  // of "LIBTIFF, Version 4.5.0" and more lines
  sscanf(TIFFGetVersion(), "LIBTIFF, Version %15[0-9.]", tiff);
  cimage_message message = {text, capacity > 0 ? (size_t)capacity : 0};
  return cimage_fail(
      message, CIMAGE_OK,
      JPEG_NAME ", libpng %s, libwebp %d.%d.%d, giflib %d.%d.%d, libtiff %s, zlib %s",
      png_get_libpng_ver(NULL), webp >> 16, webp >> 8 & 255, webp & 255, GIFLIB_MAJOR, GIFLIB_MINOR,
      GIFLIB_RELEASE, tiff, zlibVersion());
}
