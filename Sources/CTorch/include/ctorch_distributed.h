// The C ABI of many processes that compute one thing: where they meet, and what they send each other.
//
// As in ctorch.h every function that can fail returns a status. A store may be used by several threads, a
// group by one.
#pragma once

#include "ctorch.h"

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct ctorch_store ctorch_store;
typedef struct ctorch_group ctorch_group;
typedef struct ctorch_reducer ctorch_reducer;

// Whether the Gloo backend was built, which wants Gloo's headers.
bool ctorch_has_gloo(void);

// Addresses

// Writes this machine's own numeric address from which `host` is reached, and whether `host` is this machine
// itself; no packet is sent.
int32_t ctorch_own_address(const char *host, char *address, int32_t capacity, bool *is_own);
// Listens on `host` alone, or on every interface where it is NULL.
int32_t ctorch_listen(const char *_Nullable host, int32_t port, int32_t *descriptor);
// Whether somebody accepts connections there now; an error only where `host` has no address.
int32_t ctorch_answers(const char *host, int32_t port, int64_t timeout_ms, bool *out);

// Store: small values by name, which one of the processes, or a launcher, keeps for all

// A client of the store at `host`, which this process serves itself where `descriptor`, which it then owns,
// is a listening socket and not -1. All keys get `prefix`.
int32_t ctorch_store_open(const char *host, int32_t port, int32_t descriptor, const char *prefix,
                          int64_t timeout_ms, ctorch_store *_Nullable *_Nonnull out);
void ctorch_store_free(ctorch_store *store);
int32_t ctorch_store_set(ctorch_store *store, const char *key, const void *bytes, int64_t count);
// Sets it where it is not set yet; whether it was not.
int32_t ctorch_store_claim(ctorch_store *store, const char *key, const void *bytes, int64_t count,
                           bool *out);
// The value's size, of which the first `capacity` bytes are written; -1 where the key is not set.
int32_t ctorch_store_get(ctorch_store *store, const char *key, void *_Nullable bytes,
                         int64_t capacity, int64_t *count);
int32_t ctorch_store_remove(ctorch_store *store, const char *key);
int32_t ctorch_store_add(ctorch_store *store, const char *key, int64_t value, int64_t *sum);
// From now on all keys get `prefix`, too.
int32_t ctorch_store_enter(ctorch_store *store, const char *prefix);

// Group: sums over tensors, on CPUs with Gloo

// `place` is a numeric address of this machine or, with `is_interface`, the name of an interface.
int32_t ctorch_group_make(ctorch_store *store, int32_t rank, int32_t size, const char *place,
                          bool is_interface, int64_t timeout_ms,
                          ctorch_group *_Nullable *_Nonnull out);
void ctorch_group_free(ctorch_group *group);
// Replaces each tensor by its sum over the processes, times `factor`.
int32_t ctorch_group_sum(ctorch_group *group, ctorch_tensor *_Nonnull const *_Nonnull tensors,
                         int32_t count, double factor);
// Replaces each tensor by that of process 0.
int32_t ctorch_group_broadcast(ctorch_group *group, ctorch_tensor *_Nonnull const *_Nonnull tensors,
                               int32_t count);
// As ctorch_batch_norm in training, by the statistics of all processes' inputs; all call it for the same layers in the same
// order, as do their backward passes.
int32_t ctorch_synced_batch_norm(ctorch_group *group, const ctorch_tensor *x,
                                 const ctorch_tensor *weight, const ctorch_tensor *bias,
                                 ctorch_tensor *mean, ctorch_tensor *variance, double momentum,
                                 double epsilon, ctorch_tensor *_Nullable *_Nonnull out);
// A number that depends on every bit of the tensors and on their order.
int32_t ctorch_checksum(const ctorch_tensor *_Nonnull const *_Nonnull tensors, int32_t count,
                        uint64_t *out);

// Reducer: gradients summed in buckets while the rest of the backward pass goes on

// Buckets of at most `bucket_bytes` each, the last parameters first.
int32_t ctorch_reducer_make(ctorch_group *group, ctorch_tensor *_Nonnull const *_Nonnull parameters,
                            int32_t count, int64_t bucket_bytes,
                            ctorch_reducer *_Nullable *_Nonnull out);
void ctorch_reducer_free(ctorch_reducer *reducer);
// From now on a gradient is sent as soon as the backward pass has finished it, with what `sums` has of the rounds before.
int32_t ctorch_reducer_arm(ctorch_reducer *reducer, ctorch_part_sums *_Nullable sums);
// Sends what is left, and waits: the gradients are then the sums over the processes, and so are `statistics`, a row
// of float64, and `numbers`. `own_finite` says whether this process's own gradients were finite numbers.
int32_t ctorch_reducer_finish(ctorch_reducer *reducer, ctorch_tensor *_Nullable statistics,
                              double *numbers, int32_t number_count, bool *own_finite);
int64_t ctorch_reducer_bytes(const ctorch_reducer *reducer);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
