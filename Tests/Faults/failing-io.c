// Preloaded into a process, this makes one call of the C library fail: the FAIL_AT-th FAIL_CALL
// (write, fsync, rename, open, mmap) on a file below FAIL_UNDER fails with FAIL_ERRNO, and with
// FAIL_STAYS=1 so does every later one, as on a disk that is full. When it happens, the file FAIL_MARK
// appears. A write that fails with ENOSPC first writes half of its bytes, as a full disk does.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long seen;

static void *next(const char *name) { return dlsym(RTLD_NEXT, name); }

static int is_under(const char *path) {
  const char *under = getenv("FAIL_UNDER");
  return under && strncmp(path, under, strlen(under)) == 0;
}

static int is_descriptor_under(int descriptor) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, sizeof path - 1);
  if (count < 0) return 0;
  path[count] = 0;
  return is_under(path);
}

// Whether this call is the one; sets errno.
static int fails(const char *call) {
  const char *wanted = getenv("FAIL_CALL"), *at = getenv("FAIL_AT"), *code = getenv("FAIL_ERRNO");
  if (!wanted || strcmp(wanted, call) != 0 || !at || !code) return 0;
  pthread_mutex_lock(&lock);
  long number = ++seen;
  pthread_mutex_unlock(&lock);
  const char *stays = getenv("FAIL_STAYS");
  if (number != atol(at) && !(stays && number > atol(at))) return 0;
  const char *mark = getenv("FAIL_MARK");
  if (mark) {
    int (*plain_open)(const char *, int, ...) = next("open");
    int descriptor = plain_open(mark, O_WRONLY | O_CREAT, 0644);
    if (descriptor >= 0) close(descriptor);
  }
  errno = strcmp(code, "ENOSPC") == 0 ? ENOSPC : strcmp(code, "EROFS") == 0 ? EROFS : EIO;
  return 1;
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  ssize_t (*plain)(int, const void *, size_t) = next("write");
  if (is_descriptor_under(descriptor) && fails("write")) {
    int code = errno;
    if (code == ENOSPC && count > 1) plain(descriptor, bytes, count / 2);
    errno = code;
    return -1;
  }
  return plain(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  ssize_t (*plain)(int, const void *, size_t, off_t) = next("pwrite");
  if (is_descriptor_under(descriptor) && fails("write")) return -1;
  return plain(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  return pwrite(descriptor, bytes, count, offset);
}

int fsync(int descriptor) {
  int (*plain)(int) = next("fsync");
  if (is_descriptor_under(descriptor) && fails("fsync")) return -1;
  return plain(descriptor);
}

int rename(const char *from, const char *to) {
  int (*plain)(const char *, const char *) = next("rename");
  if (is_under(to) && fails("rename")) return -1;
  return plain(from, to);
}

static int open_mode(const char *name, const char *path, int flags, mode_t mode) {
  int (*plain)(const char *, int, ...) = next(name);
  if (is_under(path) && fails("open")) return -1;
  return plain(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_mode("open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_mode("open64", path, flags, mode);
}
