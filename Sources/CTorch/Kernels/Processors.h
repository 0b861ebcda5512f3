// Loops that are compiled for several kinds of vectors; which one runs is chosen when the process starts.
#pragma once

// Before a function: the plain x86-64 has no wide vectors.
#if defined(__x86_64__)
#define FOR_EACH_PROCESSOR __attribute__((target_clones("avx512bw", "avx2", "default")))
#else
#define FOR_EACH_PROCESSOR
#endif
