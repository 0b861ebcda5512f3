// Asks for a file as the curl program would.

#include "internal.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

static void initialize(void) { curl_global_init(CURL_GLOBAL_DEFAULT); }

// A variable of the environment that says something.
static const char *variable(const char *name) {
  const char *value = getenv(name);
  return value && *value ? value : NULL;
}

// The curl program's variables, which libcurl leaves to programs. It looks after those of proxies.
static void take_certificates(CURL *easy) {
  const char *file = variable("CURL_CA_BUNDLE"), *folder = NULL;
  if (!file) {
    file = variable("SSL_CERT_FILE");
    folder = variable("SSL_CERT_DIR");
  }
  // Not every TLS library has both.
  if (file) curl_easy_setopt(easy, CURLOPT_CAINFO, file);
  if (folder) curl_easy_setopt(easy, CURLOPT_CAPATH, folder);
}

// A connection is no business of the programs that this process starts.
static curl_socket_t open_socket(
    void *context, curlsocktype purpose, struct curl_sockaddr *address) {
  (void)context;
  (void)purpose;
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool set_up(
    ccurl_transfer *transfer, const char *address, int64_t offset, int32_t connect_seconds) {
  CURL *easy = transfer->easy;
  bool is_fine = true;
#define SET(option, value) is_fine &= curl_easy_setopt(easy, option, value) == CURLE_OK
  SET(CURLOPT_URL, address);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_ERRORBUFFER, transfer->reason);
  SET(CURLOPT_WRITEFUNCTION, ccurl_keep_bytes);
  SET(CURLOPT_WRITEDATA, transfer);
  SET(CURLOPT_HEADERFUNCTION, ccurl_keep_header);
  SET(CURLOPT_HEADERDATA, transfer);
  SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
  SET(CURLOPT_BUFFERSIZE, (long)CCURL_PIECE);
  SET(CURLOPT_FAILONERROR, 1L);
  SET(CURLOPT_FOLLOWLOCATION, 1L);
  SET(CURLOPT_MAXREDIRS, 10L);
  SET(CURLOPT_CONNECTTIMEOUT, (long)connect_seconds);
  SET(CURLOPT_TCP_KEEPALIVE, 1L);
  // One file a connection gains nothing by HTTP/2, which would buffer megabytes of a paused one.
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  // Some servers refuse whoever does not say a name.
  SET(CURLOPT_USERAGENT, "halcyon (libcurl)");
  SET(CURLOPT_RESUME_FROM_LARGE, (curl_off_t)offset);
  if (transfer->conditions) SET(CURLOPT_HTTPHEADER, transfer->conditions);
#if CURL_AT_LEAST_VERSION(7, 85, 0)
  SET(CURLOPT_PROTOCOLS_STR, "http,https");
  SET(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
#else
  SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  SET(CURLOPT_REDIR_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if CURL_AT_LEAST_VERSION(7, 87, 0)
  // Closing does not wait for a name server.
  SET(CURLOPT_QUICK_EXIT, 1L);
#endif
#undef SET
  take_certificates(easy);
  return is_fine;
}

ccurl_transfer *ccurl_open(
    const char *address, int64_t offset, const char *validator, int32_t connect_seconds) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, initialize);
  ccurl_transfer *transfer = calloc(1, sizeof *transfer);
  if (!transfer) return NULL;
  transfer->multi = curl_multi_init();
  transfer->easy = curl_easy_init();
  bool is_fine = transfer->multi && transfer->easy;
  if (is_fine && offset > 0 && validator) {
    char *line = NULL;
    if (asprintf(&line, "If-Range: %s", validator) >= 0) {
      transfer->conditions = curl_slist_append(NULL, line);
      free(line);
    }
    is_fine = transfer->conditions != NULL;
  }
  is_fine = is_fine && set_up(transfer, address, offset, connect_seconds);
  transfer->is_added =
      is_fine && curl_multi_add_handle(transfer->multi, transfer->easy) == CURLM_OK;
  if (transfer->is_added) return transfer;
  ccurl_close(transfer);
  return NULL;
}

void ccurl_close(ccurl_transfer *transfer) {
  if (!transfer) return;
  ccurl_pipe_guard guard = ccurl_hold_sigpipe();
  if (transfer->is_added) curl_multi_remove_handle(transfer->multi, transfer->easy);
  curl_easy_cleanup(transfer->easy);
  curl_multi_cleanup(transfer->multi);
  ccurl_release_sigpipe(guard);
  curl_slist_free_all(transfer->conditions);
  free(transfer);
}

const char *ccurl_version(void) { return curl_version_info(CURLVERSION_NOW)->version; }
const char *ccurl_tls_version(void) { return curl_version_info(CURLVERSION_NOW)->ssl_version; }
