// The store where processes meet: c10d's TCPStore.
#include "Distributed.h"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <c10/util/Flags.h>

#include <algorithm>
#include <cstring>

C10_DECLARE_int(caffe2_log_level);

using shim::guarded;

namespace {
std::vector<uint8_t> copied(const void *bytes, int64_t count) {
  auto *first = static_cast<const uint8_t *>(bytes);
  return std::vector<uint8_t>(first, first + count);
}
} // namespace

int32_t ctorch_store_open(const char *host, int32_t port, int32_t descriptor, const char *prefix,
                          int64_t timeout_ms, ctorch_store **out) {
  *out = nullptr;
  return guarded([&] {
    // What goes wrong comes back as an error; c10d would also write stack traces to standard error.
    FLAGS_caffe2_log_level = std::max(FLAGS_caffe2_log_level, 2);
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(port);
    options.isServer = descriptor >= 0;
    options.waitWorkers = false;
    options.timeout = std::chrono::milliseconds(timeout_ms);
    if (descriptor >= 0) options.masterListenFd = descriptor;
    auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
    *out = new ctorch_store{c10::make_intrusive<c10d::PrefixStore>(prefix, std::move(store))};
  });
}

void ctorch_store_free(ctorch_store *store) { delete store; }

int32_t ctorch_store_set(ctorch_store *store, const char *key, const void *bytes, int64_t count) {
  return guarded([&] { store->value->set(key, copied(bytes, count)); });
}

int32_t ctorch_store_claim(ctorch_store *store, const char *key, const void *bytes, int64_t count,
                           bool *out) {
  *out = false;
  return guarded([&] {
    auto wanted = copied(bytes, count);
    // Who sets it gets its own value back, and so does who finds the same there.
    *out = store->value->compareSet(key, {}, wanted) == wanted;
  });
}

int32_t ctorch_store_get(ctorch_store *store, const char *key, void *bytes, int64_t capacity,
                         int64_t *count) {
  *count = -1;
  return guarded([&] {
    if (!store->value->check({key})) return;
    auto value = store->value->get(key);
    *count = static_cast<int64_t>(value.size());
    if (bytes) std::memcpy(bytes, value.data(), std::min<int64_t>(capacity, *count));
  });
}

int32_t ctorch_store_remove(ctorch_store *store, const char *key) {
  return guarded([&] { store->value->deleteKey(key); });
}

int32_t ctorch_store_add(ctorch_store *store, const char *key, int64_t value, int64_t *sum) {
  return guarded([&] { *sum = store->value->add(key, value); });
}

int32_t ctorch_store_enter(ctorch_store *store, const char *prefix) {
  return guarded([&] {
    store->value = c10::make_intrusive<c10d::PrefixStore>(prefix, std::move(store->value));
  });
}
