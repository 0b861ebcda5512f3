// Small pictures into files: PNG where every pixel counts, JPEG for photographs. Every longjmp
// starts in libjpeg and ends in `guarded`, with only C frames between.

#include <png.h>
#include <setjmp.h>
#include <stdio.h>  // jpeglib.h wants FILE
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

#include "internal.h"

static bool is_picture(int32_t width, int32_t height, int32_t channels) {
  return width > 0 && height > 0 && width <= JPEG_MAX_DIMENSION && height <= JPEG_MAX_DIMENSION &&
         (channels == 1 || channels == 3);
}

int32_t cimage_encode_png(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, uint8_t **out,
    int64_t *out_count) {
  if (!is_picture(width, height, channels)) return CIMAGE_BAD_ARGUMENT;
  png_image image;
  memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = (png_uint_32)width;
  image.height = (png_uint_32)height;
  image.format = channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t count = PNG_IMAGE_PNG_SIZE_MAX(image);
  uint8_t *bytes = malloc(count);
  if (!bytes) return CIMAGE_NO_MEMORY;
  if (!png_image_write_to_memory(&image, bytes, &count, 0, pixels, width * channels, NULL)) {
    png_image_free(&image);
    free(bytes);
    return CIMAGE_NO_MEMORY;
  }
  *out = bytes;
  *out_count = (int64_t)count;
  return CIMAGE_OK;
}

typedef struct {
  struct jpeg_compress_struct codec;
  struct jpeg_error_mgr errors;
  jmp_buf jump;
  unsigned char *bytes;
  unsigned long count;
} jpeg_writer;

static _Noreturn void on_error(j_common_ptr codec) {
  jpeg_writer *writer = codec->client_data;
  longjmp(writer->jump, 1);
}

static void be_silent(j_common_ptr codec) { (void)codec; }

static int32_t guarded(
    jpeg_writer *writer, const uint8_t *pixels, int32_t width, int32_t height, int32_t channels,
    int32_t quality) {
  if (setjmp(writer->jump)) return CIMAGE_NO_MEMORY;
  j_compress_ptr codec = &writer->codec;
  jpeg_create_compress(codec);
  jpeg_mem_dest(codec, &writer->bytes, &writer->count);
  codec->image_width = (JDIMENSION)width;
  codec->image_height = (JDIMENSION)height;
  codec->input_components = channels;
  codec->in_color_space = channels == 3 ? JCS_RGB : JCS_GRAYSCALE;
  jpeg_set_defaults(codec);
  jpeg_set_quality(codec, quality, TRUE);
  codec->optimize_coding = TRUE;
  jpeg_start_compress(codec, TRUE);
  while (codec->next_scanline < codec->image_height) {
    JSAMPROW row = (JSAMPROW)(pixels + (size_t)codec->next_scanline * (size_t)(width * channels));
    jpeg_write_scanlines(codec, &row, 1);
  }
  jpeg_finish_compress(codec);
  return CIMAGE_OK;
}

int32_t cimage_encode_jpeg(
    const uint8_t *pixels, int32_t width, int32_t height, int32_t channels, int32_t quality,
    uint8_t **out, int64_t *out_count) {
  if (!is_picture(width, height, channels)) return CIMAGE_BAD_ARGUMENT;
  jpeg_writer writer;
  memset(&writer, 0, sizeof writer);
  writer.codec.err = jpeg_std_error(&writer.errors);
  writer.codec.client_data = &writer;
  writer.errors.error_exit = on_error;
  writer.errors.output_message = be_silent;
  int32_t status = guarded(&writer, pixels, width, height, channels, quality);
  jpeg_destroy_compress(&writer.codec);
  if (status != CIMAGE_OK) {
    free(writer.bytes);
    return status;
  }
  *out = writer.bytes;
  *out_count = (int64_t)writer.count;
  return CIMAGE_OK;
}
