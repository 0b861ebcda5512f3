// PNG through libpng: 16 bits keep their high byte, palettes are looked up, alpha is dropped. Every
// longjmp starts in libpng and ends in `guarded`, with only C frames between.

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct {
  png_structp codec;
  png_infop info;
  jmp_buf jump;
  int32_t status;
  cimage_job *job;
  size_t at;
  bool out_of_memory;
} png_context;

static _Noreturn void leave(png_context *context, int32_t status) {
  context->status = status;
  longjmp(context->jump, 1);
}

static void on_error(png_structp codec, png_const_charp text) {
  png_context *context = png_get_error_ptr(codec);
  if (context->out_of_memory) {
    leave(context, cimage_fail(context->job->message, CIMAGE_NO_MEMORY, "out of memory"));
  }
  leave(context, cimage_fail(context->job->message, CIMAGE_CORRUPT, "PNG: %s", text));
}

static void on_warning(png_structp codec, png_const_charp text) {
  (void)codec;
  (void)text;
}

// libpng reports a failed allocation as it reports a broken file; these tell them apart.
static png_voidp allocate(png_structp codec, png_alloc_size_t count) {
  void *memory = malloc(count);
  png_context *context = png_get_mem_ptr(codec);
  if (!memory) context->out_of_memory = true;
  return memory;
}

static void release(png_structp codec, png_voidp memory) {
  (void)codec;
  free(memory);
}

static void read_bytes(png_structp codec, png_bytep out, size_t count) {
  png_context *context = png_get_io_ptr(codec);
  if (count > context->job->count - context->at) png_error(codec, "the file is truncated");
  memcpy(out, context->job->bytes + context->at, count);
  context->at += count;
}

static void decode(png_context *context) {
  cimage_job *job = context->job;
  png_structp codec = context->codec;
  png_set_read_fn(codec, context, read_bytes);
  png_set_user_limits(codec, INT32_MAX, INT32_MAX);  // the caller counted the pixels
  // Only what makes pixels is read: a comment or a profile may claim gigabytes.
  png_set_keep_unknown_chunks(codec, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_chunk_malloc_max(codec, 8 << 20);
  png_read_info(codec, context->info);
  int type = png_get_color_type(codec, context->info);
  png_set_strip_16(codec);
  if (type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(codec);
  if (type == PNG_COLOR_TYPE_GRAY) png_set_expand_gray_1_2_4_to_8(codec);
  png_set_strip_alpha(codec);
  if (job->channels == 3) png_set_gray_to_rgb(codec);
  int passes = png_set_interlace_handling(codec);
  png_read_update_info(codec, context->info);

  int32_t height = job->stored_height;
  if ((int32_t)png_get_image_width(codec, context->info) != job->stored_width ||
      (int32_t)png_get_image_height(codec, context->info) != height) {
    png_error(codec, "the header disagrees with itself");
  }
  int32_t channels = png_get_channels(codec, context->info);
  size_t stride = png_get_rowbytes(codec, context->info);
  if ((channels != 1 && channels != 3) || stride != (size_t)job->stored_width * (size_t)channels) {
    png_error(codec, "unexpected row size");
  }
  uint8_t *pixels = cimage_reserve(&job->workspace->decoded, stride * (size_t)height);
  if (!pixels) leave(context, cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory"));
  for (int pass = 0; pass < passes; pass++) {
    for (int32_t y = 0; y < height; y++) png_read_row(codec, pixels + stride * (size_t)y, NULL);
  }
  png_read_end(codec, NULL);
  if (channels > job->channels) {
    size_t count = (size_t)job->stored_width * (size_t)height;
    for (size_t i = 0; i < count; i++) pixels[i] = cimage_grey(pixels + 3 * i);
    stride = (size_t)job->stored_width;
  }
  cimage_take_part(job, pixels, (int64_t)stride);
}

static int32_t guarded(png_context *context) {
  if (setjmp(context->jump)) return context->status;
  context->codec = png_create_read_struct_2(
      PNG_LIBPNG_VER_STRING, context, on_error, on_warning, context, allocate, release);
  if (context->codec) context->info = png_create_info_struct(context->codec);
  if (!context->info) {
    return cimage_fail(context->job->message, CIMAGE_NO_MEMORY, "out of memory");
  }
  decode(context);
  return CIMAGE_OK;
}

int32_t cimage_png_decode(cimage_job *job) {
  png_context context = {.job = job};
  int32_t status = guarded(&context);
  if (context.codec) png_destroy_read_struct(&context.codec, &context.info, NULL);
  return status;
}
