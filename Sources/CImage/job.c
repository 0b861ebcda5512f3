// What the codecs share: the part of whole pixels that is wanted, and what a picture may cost.

#include "internal.h"

void cimage_take_part(cimage_job *job, const uint8_t *pixels, int64_t stride) {
  job->picture = (cimage_picture){
      .pixels = pixels + job->y * stride + (int64_t)job->x * job->channels,
      .stride = stride,
      .width = job->width,
      .height = job->height,
      .channels = job->channels,
      .box = {0, 0, job->width, job->height}};
}

bool cimage_is_affordable(const cimage_job *job, int32_t times, const char *kind) {
  int64_t most = job->most_pixels / times;
  if ((int64_t)job->header.width * job->header.height <= most) return true;
  cimage_fail(
      job->message, CIMAGE_TOO_LARGE, "%dx%d is more than the %lld pixels that a %s may have",
      job->header.width, job->header.height, (long long)most, kind);
  return false;
}
