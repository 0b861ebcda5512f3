// Pulls a file through libcurl's multi interface, on the thread of whoever reads.

#include "internal.h"

#include <string.h>

// A piece that does not fit comes again once there is room.
size_t ccurl_keep_bytes(char *bytes, size_t size, size_t count, void *context) {
  ccurl_transfer *transfer = context;
  size_t all = size * count;
  if (all > CCURL_ROOM - transfer->filled) {
    transfer->is_paused = transfer->filled > 0;
    return transfer->is_paused ? CURL_WRITEFUNC_PAUSE : 0;
  }
  memcpy(transfer->bytes + transfer->filled, bytes, all);
  transfer->filled += all;
  return all;
}

// A status line begins the next answer. What is beyond the room is passed over.
size_t ccurl_keep_header(char *line, size_t size, size_t count, void *context) {
  ccurl_transfer *transfer = context;
  size_t all = size * count;
  if (all >= 5 && memcmp(line, "HTTP/", 5) == 0) transfer->header_count = 0;
  if (all <= CCURL_HEADER_ROOM - transfer->header_count) {
    memcpy(transfer->headers + transfer->header_count, line, all);
    transfer->header_count += all;
  }
  transfer->headers[transfer->header_count] = 0;
  return all;
}

static void end(ccurl_transfer *transfer, CURLcode code, const char *reason) {
  transfer->is_done = true;
  transfer->code = code;
  curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &transfer->status);
  if (code == CURLE_OK || *transfer->reason) return;
  strncpy(transfer->reason, reason, sizeof transfer->reason - 1);
}

static void perform(ccurl_transfer *transfer) {
  int running, left;
  CURLMcode code = curl_multi_perform(transfer->multi, &running);
  CURLMsg *message;
  while ((message = curl_multi_info_read(transfer->multi, &left))) {
    if (message->msg != CURLMSG_DONE) continue;
    end(transfer, message->data.result, curl_easy_strerror(message->data.result));
  }
  if (code != CURLM_OK && !transfer->is_done)
    end(transfer, CURLE_OUT_OF_MEMORY, curl_multi_strerror(code));
}

// Lets libcurl work until there are bytes or an end, for `wait_ms` at most. All bytes were taken.
static void drive(ccurl_transfer *transfer, int32_t wait_ms) {
  transfer->taken = transfer->filled = 0;
  ccurl_pipe_guard guard = ccurl_hold_sigpipe();
  if (transfer->is_paused) {
    transfer->is_paused = false;
    CURLcode code = curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
    if (code != CURLE_OK) end(transfer, code, curl_easy_strerror(code));
  }
  if (!transfer->is_done) perform(transfer);
  if (!transfer->is_done && transfer->filled == 0) {
    curl_multi_poll(transfer->multi, NULL, 0, wait_ms, NULL);
    perform(transfer);
  }
  ccurl_release_sigpipe(guard);
}

int32_t ccurl_read(
    ccurl_transfer *transfer, uint8_t *out, int64_t capacity, int32_t wait_ms, int64_t *count) {
  if (transfer->taken == transfer->filled && !transfer->is_done) drive(transfer, wait_ms);
  size_t left = transfer->filled - transfer->taken;
  size_t given = (size_t)capacity < left ? (size_t)capacity : left;
  memcpy(out, transfer->bytes + transfer->taken, given);
  transfer->taken += given;
  *count = (int64_t)given;
  if (left > 0) return CCURL_BYTES;
  if (!transfer->is_done) return CCURL_NOTHING;
  return transfer->code == CURLE_OK ? CCURL_END : CCURL_FAILED;
}

const char *ccurl_headers(const ccurl_transfer *transfer) { return transfer->headers; }
int32_t ccurl_code(const ccurl_transfer *transfer) { return (int32_t)transfer->code; }
int32_t ccurl_status(const ccurl_transfer *transfer) { return (int32_t)transfer->status; }
const char *ccurl_reason(const ccurl_transfer *transfer) { return transfer->reason; }
