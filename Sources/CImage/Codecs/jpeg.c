// JPEG through libjpeg: only the rows and columns that are wanted, at a reduced scale where that is
// enough. Every longjmp starts in libjpeg and ends in `guarded`, with only C frames between.
//
// A file may lack its end: libjpeg then reads an end marker of its own making, and goes on. Whether
// pixels are missing, its entropy decoder says, when it wants bits that are not there.

#include <setjmp.h>
#include <stdio.h>  // jpeglib.h wants FILE

#include <jpeglib.h>

#include <jerror.h>

#include "internal.h"

typedef struct {
  struct jpeg_decompress_struct codec;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf jump;
  int32_t status;
  int most_scans;
  bool has_run_out;    // the file ended before its end marker
  int discarded;       // bytes before the marker found last that belonged to nothing
  cimage_job *job;
} jpeg_context;

static _Noreturn void leave(jpeg_context *context, int32_t status) {
  context->status = status;
  longjmp(context->jump, 1);
}

static _Noreturn void stop_with_library_message(j_common_ptr codec) {
  jpeg_context *context = codec->client_data;
  char text[JMSG_LENGTH_MAX];
  codec->err->format_message(codec, text);
  int code = codec->err->msg_code;
  int32_t status = code == JERR_OUT_OF_MEMORY ? CIMAGE_NO_MEMORY : CIMAGE_CORRUPT;
  leave(context, cimage_fail(context->job->message, status, "JPEG: %s", text));
}

static _Noreturn void refuse_as_truncated(jpeg_context *context) {
  leave(context, cimage_fail(context->job->message, CIMAGE_CORRUPT, "JPEG: the file is truncated"));
}

// libjpeg goes on after these and fills the rest with grey; a data set is better off without.
static void on_warning(j_common_ptr codec, int level) {
  if (level >= 0) return;
  jpeg_context *context = codec->client_data;
  switch (codec->err->msg_code) {
    case JWRN_JPEG_EOF:
      context->has_run_out = true;
      break;
    case JWRN_EXTRANEOUS_DATA:
      context->discarded = codec->err->msg_parm.i[0];
      break;
    case JWRN_HIT_MARKER:
      if (context->has_run_out) refuse_as_truncated(context);
      stop_with_library_message(codec);
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
    case JWRN_BOGUS_PROGRESSION:
      stop_with_library_message(codec);
    default: break;
  }
}

// How many scans a picture of the most pixels may have; a smaller one may have more.
static const int64_t scans_at_most_pixels = 12;

static void be_silent(j_common_ptr codec) { (void)codec; }

static void check_scans(j_common_ptr common) {
  jpeg_context *context = common->client_data;
  int scans = ((j_decompress_ptr)common)->input_scan_number;
  int most = context->most_scans;
  if (scans <= most) return;
  leave(
      context,
      cimage_fail(context->job->message, CIMAGE_TOO_LARGE, "JPEG: more than %d scans", most));
}

// The smallest of 1/8, 1/4, 1/2 and 1 at which the part is still as large as asked for.
static unsigned scale_eighths(const cimage_job *job) {
  if (job->least_width <= 0 || job->least_height <= 0) return 8;
  for (unsigned eighths = 1; eighths < 8; eighths *= 2) {
    if ((int64_t)job->width * eighths >= 8 * (int64_t)job->least_width &&
        (int64_t)job->height * eighths >= 8 * (int64_t)job->least_height) {
      return eighths;
    }
  }
  return 8;
}

static void choose_colours(jpeg_context *context, bool exact) {
  struct jpeg_decompress_struct *codec = &context->codec;
  cimage_job *job = context->job;
  switch (codec->jpeg_color_space) {
    case JCS_GRAYSCALE:
      codec->out_color_space = job->channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
      break;
    case JCS_YCbCr:
      codec->out_color_space = job->channels == 1 && !exact ? JCS_GRAYSCALE : JCS_RGB;
      break;
    case JCS_RGB: codec->out_color_space = JCS_RGB; break;
    case JCS_CMYK:
    case JCS_YCCK: codec->out_color_space = JCS_CMYK; break;
    default:
      leave(
          context, cimage_fail(
                       job->message, CIMAGE_UNKNOWN_FORMAT,
                       "JPEG: %d components of unknown colours", codec->num_components));
  }
}

static uint8_t times(uint32_t a, uint32_t b) {  // a × b / 255, rounded
  uint32_t product = a * b + 128;
  return (uint8_t)((product + (product >> 8)) >> 8);
}

// Adobe stores CMYK inverted, so a stored 255 is no ink.
static void cmyk_row(const uint8_t *stored, uint8_t *out, int32_t width, int32_t channels) {
  for (int32_t x = 0; x < width; x++, stored += 4, out += channels) {
    uint8_t rgb[3];
    for (int c = 0; c < 3; c++) {
      rgb[c] = (uint8_t)(stored[3] - times(255u - stored[c], stored[3]));
    }
    if (channels == 1) {
      out[0] = cimage_grey(rgb);
    } else {
      out[0] = rgb[0], out[1] = rgb[1], out[2] = rgb[2];
    }
  }
}

static void read_rows(jpeg_context *context, uint8_t *pixels, int64_t stride, int32_t rows) {
  struct jpeg_decompress_struct *codec = &context->codec;
  cimage_job *job = context->job;
  int32_t width = (int32_t)codec->output_width;
  bool convert = codec->output_components != job->channels;
  uint8_t *row = NULL;
  if (convert) {
    row = cimage_reserve(&job->workspace->row, (size_t)width * 4);
    if (!row) leave(context, cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory"));
  }
  for (int32_t y = 0; y < rows;) {
    uint8_t *lines[4];
    int32_t wanted = convert || rows - y < 4 ? 1 : 4;
    for (int32_t i = 0; i < wanted; i++) lines[i] = pixels + (y + i) * stride;
    uint8_t *target = lines[0];
    if (convert) lines[0] = row;
    int32_t got = (int32_t)jpeg_read_scanlines(codec, lines, (JDIMENSION)wanted);
    if (convert && got > 0) {
      if (codec->out_color_space == JCS_CMYK) {
        cmyk_row(row, target, width, job->channels);
      } else {
        cimage_grey_row(row, target, width);
      }
    }
    y += got;
  }
}

// A file may leave a component out altogether.
static void require_all_components(jpeg_context *context) {
  struct jpeg_decompress_struct *codec = &context->codec;
  if (!jpeg_has_multiple_scans(codec)) return;
  for (int c = 0; c < codec->num_components; c++) {
    bool is_there = codec->progressive_mode ? codec->coef_bits && codec->coef_bits[c][0] >= 0
                                            : codec->comp_info[c].quant_table != NULL;
    if (is_there) continue;
    leave(
        context, cimage_fail(
                     context->job->message, CIMAGE_CORRUPT, "JPEG: component %d has no data", c));
  }
}

// Where the input ended without a marker: every coefficient must be there to its last bit, so that no
// later scan is missing. libjpeg has read all scans before the first row.
static void require_all_scans(jpeg_context *context) {
  struct jpeg_decompress_struct *codec = &context->codec;
  if (!codec->progressive_mode || !codec->coef_bits) return;
  for (int c = 0; c < codec->num_components; c++) {
    for (int k = 0; k < DCTSIZE2; k++) {
      if (codec->coef_bits[c][k] != 0) refuse_as_truncated(context);
    }
  }
}

// Decodes what is below the part. libjpeg goes straight to the end where all rest is skipped, so the
// last row is read.
static void skip_to_end(jpeg_context *context) {
  struct jpeg_decompress_struct *codec = &context->codec;
  cimage_job *job = context->job;
  JDIMENSION rest = codec->output_height - codec->output_scanline;
  if (rest == 0) return;
  uint8_t *row = cimage_reserve(
      &job->workspace->row, (size_t)codec->output_width * (size_t)codec->output_components);
  if (!row) leave(context, cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory"));
  if (rest > 1) jpeg_skip_scanlines(codec, rest - 1);
  while (codec->output_scanline < codec->output_height) jpeg_read_scanlines(codec, &row, 1);
}

static void decode(jpeg_context *context) {
  struct jpeg_decompress_struct *codec = &context->codec;
  cimage_job *job = context->job;
  jpeg_create_decompress(codec);
  codec->client_data = context;
  codec->progress = &context->progress;
  jpeg_mem_src(codec, job->bytes, job->count);
  jpeg_read_header(codec, TRUE);
  struct jpeg_source_mgr *source = codec->src;
  bool lacks_end = !cimage_jpeg_has_end(source->next_input_byte, source->bytes_in_buffer);
  if (lacks_end) {
    source->bytes_in_buffer =
        cimage_jpeg_without_zeros(source->next_input_byte, source->bytes_in_buffer);
  }
  if ((int32_t)codec->image_width != job->stored_width ||
      (int32_t)codec->image_height != job->stored_height) {
    leave(
        context, cimage_fail(job->message, CIMAGE_CORRUPT, "JPEG: two frame headers disagree"));
  }
  // Coefficients of all scans stay in memory, and every scan goes over them once more.
  if (jpeg_has_multiple_scans(codec) && !cimage_is_affordable(job, 2, "progressive JPEG")) {
    leave(context, CIMAGE_TOO_LARGE);
  }
  int64_t area = (int64_t)codec->image_width * codec->image_height;
  int64_t scans = scans_at_most_pixels * job->most_pixels / (area > 0 ? area : 1);
  context->most_scans = (int)(scans < job->most_scans ? scans : job->most_scans);
  unsigned eighths = scale_eighths(job);
  bool exact = job->least_width <= 0;
  codec->scale_num = eighths;
  codec->scale_denom = 8;
  codec->dct_method = JDCT_ISLOW;
  codec->do_fancy_upsampling = TRUE;
  choose_colours(context, exact);
  jpeg_start_decompress(codec);
  require_all_components(context);

  int32_t left = job->x * (int64_t)eighths / 8, top = job->y * (int64_t)eighths / 8;
  int32_t right = (int32_t)(((int64_t)(job->x + job->width) * eighths + 7) / 8);
  int32_t bottom = (int32_t)(((int64_t)(job->y + job->height) * eighths + 7) / 8);
  int32_t first = 0;  // the column that decoded rows start at
  int32_t full_width = (int32_t)codec->output_width;
  // Two columns more a side, so that chroma between them is interpolated as in the whole picture.
  JDIMENSION offset = (JDIMENSION)(left > 2 ? left - 2 : 0);
  JDIMENSION end = (JDIMENSION)(right + 2 < full_width ? right + 2 : full_width);
  if (offset > 0 || (int32_t)end < full_width) {
    JDIMENSION width = end - offset;
    jpeg_crop_scanline(codec, &offset, &width);
    first = (int32_t)offset;
  }
  int32_t rows = bottom - top;
  int64_t stride = (int64_t)codec->output_width * job->channels;
  uint8_t *pixels = cimage_reserve(&job->workspace->decoded, (size_t)(stride * rows));
  if (!pixels) leave(context, cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory"));
  if (top > 0) jpeg_skip_scanlines(codec, (JDIMENSION)top);
  read_rows(context, pixels, stride, rows);

  // The rows below the part cost time only to be checked; a file that has an end is not cut.
  bool has_arithmetic = codec->arith_code;
  if (exact || lacks_end) {
    skip_to_end(context);
    if (context->has_run_out) require_all_scans(context);
    jpeg_finish_decompress(codec);
  }
  if (lacks_end || context->has_run_out) {
    // Arithmetic coding reads zeros behind its data as a matter of course, and of bytes that belong
    // to nothing nobody knows how many passed for pixels before them.
    if (has_arithmetic || context->discarded > 1) refuse_as_truncated(context);
    job->lacks_end = true;
  }
  double scale = eighths / 8.0;
  job->picture = (cimage_picture){
      .pixels = pixels + (int64_t)(left - first) * job->channels,
      .stride = stride,
      .width = right - left,
      .height = rows,
      .channels = job->channels,
      .box = {
          job->x * scale - left, job->y * scale - top, (job->x + job->width) * scale - left,
          (job->y + job->height) * scale - top}};
}

static int32_t guarded(jpeg_context *context) {
  if (setjmp(context->jump)) return context->status;
  decode(context);
  return CIMAGE_OK;
}

// A fresh codec for every file: a used one keeps tables, and a broken file would borrow them.
int32_t cimage_jpeg_decode(cimage_job *job) {
  jpeg_context context = {.job = job, .most_scans = job->most_scans};
  context.codec.err = jpeg_std_error(&context.errors);
  context.codec.client_data = &context;
  context.errors.error_exit = stop_with_library_message;
  context.errors.emit_message = on_warning;
  context.errors.output_message = be_silent;
  context.progress.progress_monitor = check_scans;
  int32_t status = guarded(&context);
  jpeg_destroy_decompress(&context.codec);
  return status;
}
