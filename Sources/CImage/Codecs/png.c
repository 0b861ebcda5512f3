// PNG through libpng: 16 bits keep their high byte, palettes are looked up, alpha is dropped. Every
// longjmp starts in libpng and ends in `guarded`, with only C frames between.
//
// A file may lack its end. Once all rows are inflated and zlib's checksum is right, bytes that are not
// there are no loss; once the last IDAT's is right too, nothing behind it matters. A wrong checksum
// among the pixels is damage.

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
  int64_t rows_left;    // to inflate, in all passes
  bool is_past_pixels;  // and past their checksums
  int32_t channels;     // of the rows, once they are known
  size_t stride;
  uint8_t *pixels;
} png_context;

static _Noreturn void leave(png_context *context, int32_t status) {
  context->status = status;
  longjmp(context->jump, 1);
}

static _Noreturn void leave_without_end(png_context *context) {
  context->job->lacks_end = true;
  leave(context, CIMAGE_OK);
}

static void on_error(png_structp codec, png_const_charp text) {
  png_context *context = png_get_error_ptr(codec);
  if (context->out_of_memory) {
    leave(context, cimage_fail(context->job->message, CIMAGE_NO_MEMORY, "out of memory"));
  }
  if (context->is_past_pixels) leave_without_end(context);
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
  if (count > context->job->count - context->at) {
    bool has_rows = context->pixels && context->rows_left == 0;
    if (has_rows && cimage_png_stream_ends(context->job)) leave_without_end(context);
    png_error(codec, "the file is truncated");
  }
  memcpy(out, context->job->bytes + context->at, count);
  context->at += count;
}

// libpng calls this for every row that it has inflated, before it looks for the next.
static void on_row(png_structp codec, png_row_infop row, png_bytep bytes) {
  (void)row, (void)bytes;
  png_context *context = png_get_user_transform_ptr(codec);
  context->rows_left--;
}

// The rows of a picture in all its passes; a pass may have none.
static int64_t count_rows(int passes, int32_t width, int32_t height) {
  if (passes == 1) return height;
  int64_t rows = 0;
  for (int pass = 0; pass < passes; pass++) {
    if (PNG_PASS_COLS((png_uint_32)width, pass) == 0) continue;
    rows += PNG_PASS_ROWS((png_uint_32)height, pass);
  }
  return rows;
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
  png_set_read_user_transform_fn(codec, on_row);
  png_set_user_transform_info(codec, context, 0, 0);
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
  context->channels = channels;
  context->stride = stride;
  context->rows_left = count_rows(passes, job->stored_width, height);
  context->pixels = cimage_reserve(&job->workspace->decoded, stride * (size_t)height);
  if (!context->pixels) {
    leave(context, cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory"));
  }
  for (int pass = 0; pass < passes; pass++) {
    for (int32_t y = 0; y < height; y++) {
      png_read_row(codec, context->pixels + stride * (size_t)y, NULL);
    }
  }
  context->is_past_pixels = true;
  png_read_end(codec, NULL);
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
  if (status != CIMAGE_OK) return status;
  uint8_t *pixels = context.pixels;
  size_t stride = context.stride;
  if (context.channels > job->channels) {
    size_t count = (size_t)job->stored_width * (size_t)job->stored_height;
    for (size_t i = 0; i < count; i++) pixels[i] = cimage_grey(pixels + 3 * i);
    stride = (size_t)job->stored_width;
  }
  cimage_take_part(job, pixels, (int64_t)stride);
  return CIMAGE_OK;
}
