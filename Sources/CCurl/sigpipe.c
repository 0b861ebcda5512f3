// Writing to a connection that is gone ends no process.

#include "internal.h"

#include <pthread.h>
#include <time.h>

static sigset_t only_sigpipe(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

static bool is_sigpipe_pending(void) {
  sigset_t pending;
  return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

ccurl_pipe_guard ccurl_hold_sigpipe(void) {
  ccurl_pipe_guard guard = {.was_pending = is_sigpipe_pending()};
  sigset_t set = only_sigpipe();
  pthread_sigmask(SIG_BLOCK, &set, &guard.old);
  return guard;
}

void ccurl_release_sigpipe(ccurl_pipe_guard guard) {
  if (!guard.was_pending && is_sigpipe_pending()) {
    sigset_t set = only_sigpipe();
    struct timespec none = {0};
    sigtimedwait(&set, NULL, &none);
  }
  pthread_sigmask(SIG_SETMASK, &guard.old, NULL);
}
