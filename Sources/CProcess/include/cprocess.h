#ifndef CPROCESS_H
#define CPROCESS_H

// What starting a process needs of Linux and Swift cannot call: fork, prctl, and sets of cores.

#include <stddef.h>
#include <stdint.h>

#if defined(__clang__)
#pragma clang assume_nonnull begin
#define CPROCESS_NULLABLE _Nullable
#define CPROCESS_NONNULL _Nonnull
#else
#define CPROCESS_NULLABLE
#define CPROCESS_NONNULL
#endif

#ifdef __cplusplus
extern "C" {
#endif

// Starts the program `path`, which the kernel kills (SIGKILL) as soon as the calling thread has ended, for
// whatever reason.
//
// It runs on `cores` (of which there are `core_count`; none leaves it those of this process), blocks no
// signals, and stays in this process's group and on its terminal. With `output` at 0 or above both its
// output streams go there, and its input is empty; below 0 all three are this process's.
//
// Returns 0 or the system's error number.
int32_t cprocess_start(
    const char *path, char *CPROCESS_NULLABLE const *CPROCESS_NONNULL arguments,
    char *CPROCESS_NULLABLE const *CPROCESS_NONNULL environment,
    const int32_t *CPROCESS_NULLABLE cores, size_t core_count, int32_t output,
    int32_t *out_process);

// The numbers of the cores that this process may run on, the first `capacity` of them.
//
// Returns 0 or the system's error number.
int32_t cprocess_cores(int32_t *cores, size_t capacity, size_t *out_count);

#ifdef __cplusplus
}
#endif

#if defined(__clang__)
#pragma clang assume_nonnull end
#endif

#endif
