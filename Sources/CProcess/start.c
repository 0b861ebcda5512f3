#define _GNU_SOURCE

#include "cprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// As many cores as a set can hold here; a kernel with more gives EINVAL, which leaves cores unassigned.
#define SETS 8
#define MOST_CORES (SETS * CPU_SETSIZE)

static void fill(cpu_set_t *sets, const int32_t *cores, size_t count) {
  CPU_ZERO_S(SETS * sizeof(cpu_set_t), sets);
  for (size_t i = 0; i < count; i++) {
    if (cores[i] >= 0 && cores[i] < MOST_CORES) {
      CPU_SET_S((size_t)cores[i], SETS * sizeof(cpu_set_t), sets);
    }
  }
}

// The new process until it is another program: nothing but what a signal handler may call.
static _Noreturn void become(
    const char *path, char *const *arguments, char *const *environment, const cpu_set_t *sets,
    int32_t output, pid_t parent, int failures) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) goto failed;
  // Who started it may have ended before that was said.
  if (getppid() != parent) _exit(127);
  if (sets && sched_setaffinity(0, SETS * sizeof(cpu_set_t), sets) != 0) goto failed;
  if (output >= 0) {
    int empty = open("/dev/null", O_RDONLY);
    if (empty < 0 || dup2(empty, 0) < 0) goto failed;
    if (empty != 0) close(empty);
    if (dup2(output, 1) < 0 || dup2(output, 2) < 0) goto failed;
  }
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(path, arguments, environment);
failed:;
  int code = errno;
  ssize_t told = write(failures, &code, sizeof code);
  (void)told;
  _exit(127);
}

int32_t cprocess_start(
    const char *path, char *const *arguments, char *const *environment, const int32_t *cores,
    size_t core_count, int32_t output, int32_t *out_process) {
  cpu_set_t sets[SETS];
  fill(sets, cores, cores ? core_count : 0);
  // The new program closes its end, so that nothing to read means that it has begun.
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  pid_t parent = getpid();
  pid_t child = fork();
  if (child == 0) {
    become(
        path, arguments, environment, cores && core_count > 0 ? sets : NULL, output, parent, ends[1]);
  }
  int code = child < 0 ? errno : 0;
  close(ends[1]);
  if (child > 0) {
    ssize_t got;
    do got = read(ends[0], &code, sizeof code);
    while (got < 0 && errno == EINTR);
    if (got != sizeof code) code = 0;
    if (code != 0) {
      while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {}
    }
  }
  close(ends[0]);
  *out_process = child;
  return code;
}

int32_t cprocess_cores(int32_t *cores, size_t capacity, size_t *out_count) {
  cpu_set_t sets[SETS];
  CPU_ZERO_S(sizeof sets, sets);
  if (sched_getaffinity(0, sizeof sets, sets) != 0) return errno;
  size_t count = 0;
  for (size_t core = 0; core < MOST_CORES && count < capacity; core++) {
    if (CPU_ISSET_S(core, sizeof sets, sets)) cores[count++] = (int32_t)core;
  }
  *out_count = count;
  return 0;
}
