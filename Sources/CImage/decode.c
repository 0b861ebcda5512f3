// The one way in: header, limits, the wanted part as it is stored, the codec, upright pixels.

#include <string.h>

#include "internal.h"

// A rectangle of a picture of `width` × `height`.
typedef struct {
  double left, top, right, bottom;
} rectangle;

// Where the stored rectangle comes to lie once the picture is upright; `width` and `height` are the
// upright picture's. Orientations other than 6 and 8 are their own inverses.
static rectangle turned(rectangle r, int32_t orientation, double width, double height) {
  switch (orientation) {
    case 2: return (rectangle){width - r.right, r.top, width - r.left, r.bottom};
    case 3: return (rectangle){width - r.right, height - r.bottom, width - r.left, height - r.top};
    case 4: return (rectangle){r.left, height - r.bottom, r.right, height - r.top};
    case 5: return (rectangle){r.top, r.left, r.bottom, r.right};
    case 6: return (rectangle){width - r.bottom, r.left, width - r.top, r.right};
    case 7: return (rectangle){width - r.bottom, height - r.right, width - r.top, height - r.left};
    case 8: return (rectangle){r.top, height - r.right, r.bottom, height - r.left};
    default: return r;
  }
}

static int32_t inverse(int32_t orientation) {
  return orientation == 6 ? 8 : orientation == 8 ? 6 : orientation;
}

// Copies the stored picture upright into the second buffer.
static int32_t make_upright(cimage_job *job) {
  int32_t orientation = job->header.orientation;
  if (orientation == 1) return CIMAGE_OK;
  cimage_picture stored = job->picture;
  bool swap = orientation >= 5;
  int32_t width = swap ? stored.height : stored.width;
  int32_t height = swap ? stored.width : stored.height;
  int32_t channels = stored.channels;
  int64_t stride = (int64_t)width * channels;
  uint8_t *out = cimage_reserve(&job->workspace->upright, (size_t)(stride * height));
  if (!out) return cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory");
  // Whether the stored column and row run backwards along the upright axes.
  bool back_x = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  bool back_y = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  for (int32_t y = 0; y < height; y++) {
    for (int32_t x = 0; x < width; x++) {
      int32_t column = swap ? y : x, row = swap ? x : y;
      if (back_x) column = stored.width - 1 - column;
      if (back_y) row = stored.height - 1 - row;
      const uint8_t *from = stored.pixels + row * stored.stride + (int64_t)column * channels;
      uint8_t *to = out + y * stride + (int64_t)x * channels;
      for (int32_t c = 0; c < channels; c++) to[c] = from[c];
    }
  }
  rectangle box = {stored.box[0], stored.box[1], stored.box[2], stored.box[3]};
  box = turned(box, orientation, width, height);
  job->picture = (cimage_picture){
      .pixels = out,
      .stride = stride,
      .width = width,
      .height = height,
      .channels = channels,
      .box = {box.left, box.top, box.right, box.bottom}};
  return CIMAGE_OK;
}

static int32_t prepare(cimage_job *job, const cimage_request *request) {
  const cimage_header *header = &job->header;
  bool whole = request->width == 0 && request->height == 0;
  rectangle part = {0, 0, header->width, header->height};
  if (!whole) {
    part = (rectangle){
        request->x, request->y, (double)request->x + request->width,
        (double)request->y + request->height};
  }
  if ((request->channels != 1 && request->channels != 3) || part.left < 0 || part.top < 0 ||
      part.right <= part.left || part.bottom <= part.top || part.right > header->width ||
      part.bottom > header->height) {
    return cimage_fail(
        job->message, CIMAGE_BAD_ARGUMENT, "no part %dx%d at %d,%d with %d channels in %dx%d",
        request->width, request->height, request->x, request->y, request->channels,
        header->width, header->height);
  }
  bool swap = header->orientation >= 5;
  job->stored_width = swap ? header->height : header->width;
  job->stored_height = swap ? header->width : header->height;
  job->least_width = swap ? request->least_height : request->least_width;
  job->least_height = swap ? request->least_width : request->least_height;
  job->channels = request->channels;
  job->most_scans = request->most_scans;
  job->most_pixels = request->most_pixels;
  part = turned(part, inverse(header->orientation), job->stored_width, job->stored_height);
  job->x = (int32_t)part.left;
  job->y = (int32_t)part.top;
  job->width = (int32_t)(part.right - part.left);
  job->height = (int32_t)(part.bottom - part.top);
  return CIMAGE_OK;
}

int32_t cimage_decode(
    cimage_workspace *workspace, const uint8_t *bytes, int64_t count,
    const cimage_request *request, char *text, int64_t capacity, cimage_picture *picture) {
  cimage_job job = {
      .workspace = workspace,
      .bytes = bytes,
      .count = count > 0 ? (size_t)count : 0,
      .message = {text, capacity > 0 ? (size_t)capacity : 0}};
  int32_t status = cimage_probe(bytes, count, text, capacity, &job.header);
  if (status != CIMAGE_OK) return status;
  int64_t pixels = (int64_t)job.header.width * job.header.height;
  if (pixels > request->most_pixels) {
    return cimage_fail(
        job.message, CIMAGE_TOO_LARGE, "%dx%d is more than %lld pixels", job.header.width,
        job.header.height, (long long)request->most_pixels);
  }
  status = prepare(&job, request);
  if (status != CIMAGE_OK) return status;
  switch (job.header.format) {
    case CIMAGE_JPEG: status = cimage_jpeg_decode(&job); break;
    case CIMAGE_PNG: status = cimage_png_decode(&job); break;
    case CIMAGE_WEBP: status = cimage_webp_decode(&job); break;
    case CIMAGE_GIF: status = cimage_gif_decode(&job); break;
    case CIMAGE_BMP: status = cimage_bmp_decode(&job); break;
    default: status = cimage_tiff_decode(&job); break;
  }
  if (status == CIMAGE_OK) status = make_upright(&job);
  if (status != CIMAGE_OK) return status;
  *picture = job.picture;
  picture->lacks_end = job.lacks_end;
  return status;
}
