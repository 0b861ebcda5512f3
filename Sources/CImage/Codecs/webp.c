// WebP through libwebp: the first frame, alpha dropped.

#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>

#include "internal.h"

static const char *reason(VP8StatusCode status) {
  switch (status) {
    case VP8_STATUS_OUT_OF_MEMORY: return "out of memory";
    case VP8_STATUS_UNSUPPORTED_FEATURE: return "unsupported feature";
    case VP8_STATUS_SUSPENDED:
    case VP8_STATUS_NOT_ENOUGH_DATA: return "the file is truncated";
    default: return "broken data";
  }
}

static int32_t decode_into(
    cimage_job *job, const uint8_t *bytes, size_t count, uint8_t *pixels, size_t stride,
    size_t size) {
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config)) {
    return cimage_fail(job->message, CIMAGE_BAD_ARGUMENT, "WebP: another library version");
  }
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = pixels;
  config.output.u.RGBA.stride = (int)stride;
  config.output.u.RGBA.size = size;
  VP8StatusCode code = WebPDecode(bytes, count, &config);
  WebPFreeDecBuffer(&config.output);
  if (code == VP8_STATUS_OK) return CIMAGE_OK;
  int32_t status = code == VP8_STATUS_OUT_OF_MEMORY ? CIMAGE_NO_MEMORY : CIMAGE_CORRUPT;
  return cimage_fail(job->message, status, "WebP: %s", reason(code));
}

// A frame may cover only a part of the canvas; the rest is transparent black.
static int32_t decode_first_frame(cimage_job *job, uint8_t *pixels, size_t stride, size_t size) {
  WebPData data = {job->bytes, job->count};
  WebPDemuxer *demuxer = WebPDemux(&data);
  WebPIterator frame;
  int32_t status = CIMAGE_CORRUPT;
  if (!demuxer || !WebPDemuxGetFrame(demuxer, 1, &frame)) {
    cimage_fail(job->message, status, "WebP: no complete first frame");
  } else {
    size_t right = (size_t)frame.x_offset + (size_t)frame.width;
    size_t bottom = (size_t)frame.y_offset + (size_t)frame.height;
    if (right > (size_t)job->stored_width || bottom > (size_t)job->stored_height) {
      cimage_fail(job->message, status, "WebP: the first frame leaves the canvas");
    } else {
      memset(pixels, 0, size);
      size_t offset = (size_t)frame.y_offset * stride + 3 * (size_t)frame.x_offset;
      status = decode_into(
          job, frame.fragment.bytes, frame.fragment.size, pixels + offset, stride, size - offset);
    }
    WebPDemuxReleaseIterator(&frame);
  }
  WebPDemuxDelete(demuxer);
  return status;
}

int32_t cimage_webp_decode(cimage_job *job) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(job->bytes, job->count, &features) != VP8_STATUS_OK) {
    return cimage_fail(job->message, CIMAGE_CORRUPT, "WebP: broken header");
  }
  if (!cimage_is_affordable(job, 3, "WebP")) return CIMAGE_TOO_LARGE;
  size_t stride = 3 * (size_t)job->stored_width;
  size_t size = stride * (size_t)job->stored_height;
  uint8_t *pixels = cimage_reserve(&job->workspace->decoded, size);
  if (!pixels) return cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory");
  int32_t status = features.has_animation
                       ? decode_first_frame(job, pixels, stride, size)
                       : decode_into(job, job->bytes, job->count, pixels, stride, size);
  if (status != CIMAGE_OK) return status;
  if (job->channels == 1) {
    for (size_t i = 0; i < size / 3; i++) pixels[i] = cimage_grey(pixels + 3 * i);
    stride /= 3;
  }
  cimage_take_part(job, pixels, (int64_t)stride);
  return CIMAGE_OK;
}
