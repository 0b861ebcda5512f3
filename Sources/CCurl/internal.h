#ifndef CCURL_INTERNAL_H
#define CCURL_INTERNAL_H

// Before any header: what is not C alone.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <curl/curl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ccurl.h"

enum { CCURL_ROOM = 64 << 10, CCURL_PIECE = 128 << 10, CCURL_HEADER_ROOM = 64 << 10 };

struct ccurl_transfer {
  CURLM *multi;
  CURL *easy;
  struct curl_slist *conditions;
  bool is_added, is_paused, is_done;
  CURLcode code;
  long status;
  size_t taken, filled;  // of `bytes`
  size_t header_count;
  char reason[CURL_ERROR_SIZE];
  char headers[CCURL_HEADER_ROOM + 1];
  uint8_t bytes[CCURL_ROOM];
};

// What libcurl calls with a piece of the file, and with a line of headers.
size_t ccurl_keep_bytes(char *bytes, size_t size, size_t count, void *context);
size_t ccurl_keep_header(char *line, size_t size, size_t count, void *context);

// OpenSSL writes to sockets whose other end may be gone. libcurl's own remedy changes the signal's
// handler for all threads, so it is told not to (CURLOPT_NOSIGNAL); this one is the thread's alone.
typedef struct {
  sigset_t old;
  bool was_pending;
} ccurl_pipe_guard;

ccurl_pipe_guard ccurl_hold_sigpipe(void);
void ccurl_release_sigpipe(ccurl_pipe_guard guard);

#endif
