// GIF through giflib: the first frame on its screen. As with other kinds, transparent pixels show the
// colour that they have; what the frame leaves free is the transparent colour, or the first.

#include <gif_lib.h>
#include <string.h>

#include "internal.h"

typedef struct {
  cimage_job *job;
  size_t at;
} gif_source;

static int read_bytes(GifFileType *gif, GifByteType *out, int wanted) {
  gif_source *source = gif->UserData;
  cimage_job *job = source->job;
  size_t left = job->count - source->at, count = wanted > 0 ? (size_t)wanted : 0;
  if (left == 0 && count == 1) {
    // The empty block that ends the pixels, where it is not there: too early, it is an error.
    job->lacks_end = true;
    out[0] = 0;
    return 1;
  }
  if (count > left) count = left;
  memcpy(out, job->bytes + source->at, count);
  source->at += count;
  return (int)count;
}

static int32_t broken(const cimage_job *job, const GifFileType *gif) {
  int32_t status = gif->Error == D_GIF_ERR_NOT_ENOUGH_MEM ? CIMAGE_NO_MEMORY : CIMAGE_CORRUPT;
  const char *text = GifErrorString(gif->Error);
  return cimage_fail(job->message, status, "GIF: %s", text ? text : "the file is broken");
}

// Goes to the first frame; `transparent` is the index that shows nothing, or -1.
static bool find_frame(GifFileType *gif, int *transparent) {
  GifRecordType kind;
  *transparent = -1;
  while (DGifGetRecordType(gif, &kind) == GIF_OK && kind != TERMINATE_RECORD_TYPE) {
    if (kind == IMAGE_DESC_RECORD_TYPE) return DGifGetImageDesc(gif) == GIF_OK;
    int code;
    GifByteType *block;
    if (DGifGetExtension(gif, &code, &block) == GIF_ERROR) return false;
    GraphicsControlBlock control;
    if (code == GRAPHICS_EXT_FUNC_CODE && block &&
        DGifExtensionToGCB(block[0], block + 1, &control) == GIF_OK) {
      *transparent = control.TransparentColor;
    }
    while (block) {
      if (DGifGetExtensionNext(gif, &block) == GIF_ERROR) return false;
    }
  }
  return false;
}

// The colours as they are to come out; without a map they are greys.
static void fill_colours(const GifFileType *gif, int32_t channels, uint8_t (*colours)[3]) {
  const ColorMapObject *map = gif->Image.ColorMap ? gif->Image.ColorMap : gif->SColorMap;
  for (int i = 0; i < 256; i++) {
    uint8_t rgb[3] = {0, 0, 0};
    if (!map) {
      rgb[0] = rgb[1] = rgb[2] = (uint8_t)i;
    } else if (i < map->ColorCount) {
      rgb[0] = map->Colors[i].Red, rgb[1] = map->Colors[i].Green, rgb[2] = map->Colors[i].Blue;
    }
    if (channels == 1) rgb[0] = cimage_grey(rgb);
    memcpy(colours[i], rgb, 3);
  }
}

static int32_t read_frame(cimage_job *job, GifFileType *gif) {
  int transparent;
  if (!find_frame(gif, &transparent)) return broken(job, gif);
  const GifImageDesc *frame = &gif->Image;
  int32_t width = job->stored_width, height = job->stored_height, channels = job->channels;
  if (frame->Width <= 0 || frame->Height <= 0 || frame->Left < 0 || frame->Top < 0 ||
      frame->Left > width - frame->Width || frame->Top > height - frame->Height) {
    return cimage_fail(job->message, CIMAGE_CORRUPT, "GIF: the first frame leaves the screen");
  }
  size_t stride = (size_t)width * (size_t)channels;
  uint8_t *pixels = cimage_reserve(&job->workspace->decoded, stride * (size_t)height);
  uint8_t *row = cimage_reserve(&job->workspace->row, (size_t)frame->Width);
  if (!pixels || !row) return cimage_fail(job->message, CIMAGE_NO_MEMORY, "out of memory");
  uint8_t colours[256][3];
  fill_colours(gif, channels, colours);
  if (frame->Width < width || frame->Height < height) {
    const uint8_t *free_colour = colours[transparent >= 0 ? transparent & 255 : 0];
    cimage_fill(pixels, (int64_t)stride, channels, 0, 0, width, height, free_colour);
  }
  static const int first[4] = {0, 4, 2, 1}, step[4] = {8, 8, 4, 2};
  for (int pass = 0; pass < (frame->Interlace ? 4 : 1); pass++) {
    int down = frame->Interlace ? step[pass] : 1;
    for (int y = frame->Interlace ? first[pass] : 0; y < frame->Height; y += down) {
      if (DGifGetLine(gif, row, frame->Width) == GIF_ERROR) return broken(job, gif);
      uint8_t *to = pixels + (size_t)(frame->Top + y) * stride +
                    (size_t)frame->Left * (size_t)channels;
      for (int x = 0; x < frame->Width; x++, to += channels) {
        memcpy(to, colours[row[x]], (size_t)channels);
      }
    }
  }
  GifRecordType next;
  if (DGifGetRecordType(gif, &next) == GIF_ERROR) job->lacks_end = true;
  cimage_take_part(job, pixels, (int64_t)stride);
  return CIMAGE_OK;
}

int32_t cimage_gif_decode(cimage_job *job) {
  gif_source source = {.job = job};
  int code = 0;
  GifFileType *gif = DGifOpen(&source, read_bytes, &code);
  if (!gif) {
    int32_t status = code == D_GIF_ERR_NOT_ENOUGH_MEM ? CIMAGE_NO_MEMORY : CIMAGE_CORRUPT;
    return cimage_fail(job->message, status, "GIF: the header is truncated or broken");
  }
  int32_t status = read_frame(job, gif);
  DGifCloseFile(gif, &code);
  return status;
}
