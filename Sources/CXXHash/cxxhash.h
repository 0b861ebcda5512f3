#ifndef CXXHASH_H
#define CXXHASH_H

// Names for libxxhash's XXH64 that Swift can see: the library's own become macros where its code is
// compiled in place. Most keys are so short that a call would cost as much as their hash.

#define XXH_INLINE_ALL
#define XXH_NO_XXH3
#include <stddef.h>
#include <stdint.h>
#include <xxhash.h>

// The checksum of bytes that come in pieces.
typedef XXH64_state_t cxxhash_running;

static inline uint64_t cxxhash_hash(const void *_Nullable bytes, size_t count, uint64_t seed) {
  return XXH64(bytes, count, seed);
}

static inline cxxhash_running cxxhash_begin(uint64_t seed) {
  cxxhash_running running;
  XXH64_reset(&running, seed);
  return running;
}

static inline void cxxhash_update(
    cxxhash_running *_Nonnull running, const void *_Nullable bytes, size_t count) {
  XXH64_update(running, bytes, count);
}

static inline uint64_t cxxhash_value(const cxxhash_running *_Nonnull running) {
  return XXH64_digest(running);
}

#endif
