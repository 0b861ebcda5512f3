#ifndef CCURL_H
#define CCURL_H

// A C ABI over libcurl: one file on a web server, whose bytes are pulled as they are wanted.
//
// Nothing here keeps a pointer to its arguments after it returns, and nothing is shared between
// transfers: each may be used by any thread, one at a time. Memory is bounded: a transfer that nobody
// reads from pauses, and the server waits.

#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#define CCURL_NULLABLE _Nullable
#else
#define CCURL_NULLABLE
#endif

#ifdef __cplusplus
extern "C" {
#endif

// A file that is being fetched.
typedef struct ccurl_transfer ccurl_transfer;

// Begins to fetch `address`, of http or https, from byte `offset` on; with a `validator` (an ETag or a
// date) the server gives the rest of this very file only. Up to ten redirects are followed, answers of
// 400 and above are failures. Proxies and certificates are those that curl takes from the environment.
// NULL where there is no memory or libcurl cannot be set up.
ccurl_transfer *CCURL_NULLABLE ccurl_open(
    const char *address, int64_t offset, const char *CCURL_NULLABLE validator,
    int32_t connect_seconds);

void ccurl_close(ccurl_transfer *CCURL_NULLABLE transfer);

enum {
  CCURL_BYTES = 0,    // `count` bytes were written
  CCURL_NOTHING = 1,  // nothing came while it waited
  CCURL_END = 2,      // the file is complete
  CCURL_FAILED = 3,   // see ccurl_code
};

// Waits at most `wait_ms` milliseconds for bytes and writes those that have come, `capacity` at most.
int32_t ccurl_read(
    ccurl_transfer *transfer, uint8_t *out, int64_t capacity, int32_t wait_ms, int64_t *count);

// The headers of the last answer, as far as it has come, with its status line: those of redirects and
// proxies are not kept. Valid until the next call.
const char *ccurl_headers(const ccurl_transfer *transfer);

// Why a transfer failed: a CURLcode, the last answer's HTTP status or 0, and libcurl's words.
int32_t ccurl_code(const ccurl_transfer *transfer);
int32_t ccurl_status(const ccurl_transfer *transfer);
const char *ccurl_reason(const ccurl_transfer *transfer);

// libcurl's version, and that of its TLS library, or NULL where it has none.
const char *ccurl_version(void);
const char *CCURL_NULLABLE ccurl_tls_version(void);

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
