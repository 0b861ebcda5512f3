#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

enum { GIANT = 32 << 20 };

cimage_workspace *cimage_workspace_create(void) { return calloc(1, sizeof(cimage_workspace)); }

void cimage_workspace_use_plain_loops(cimage_workspace *workspace) { workspace->plain = true; }

void cimage_workspace_destroy(cimage_workspace *workspace) {
  if (!workspace) return;
  free(workspace->decoded.bytes);
  free(workspace->upright.bytes);
  free(workspace->row.bytes);
  free(workspace->narrow.bytes);
  free(workspace->taps.bytes);
  free(workspace->means.bytes);
  free(workspace);
}

uint8_t *cimage_reserve(cimage_buffer *buffer, size_t count) {
  size_t needed = count + CIMAGE_PADDING;
  bool giant = buffer->capacity > GIANT && needed < buffer->capacity / 4;
  if (buffer->capacity >= needed && !giant) return buffer->bytes;
  free(buffer->bytes);
  size_t capacity = needed + needed / 4;
  buffer->bytes = malloc(capacity);
  buffer->capacity = buffer->bytes ? capacity : 0;
  return buffer->bytes;
}

int32_t cimage_fail(cimage_message message, int32_t status, const char *format, ...) {
  if (message.text && message.capacity > 0) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message.text, message.capacity, format, arguments);
    va_end(arguments);
  }
  return status;
}
