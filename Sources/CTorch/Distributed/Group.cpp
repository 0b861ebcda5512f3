// Processes that add up tensors, with Gloo.
//
// The wheel has Gloo's code and not its headers: Debian's libgloo-dev has those. Nothing of its library is
// linked, and this is the one file that includes them.
#if __has_include(<gloo/transport/device.h>)
#define USE_C10D_GLOO 1
#endif

#include "Distributed.h"

#ifdef USE_C10D_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif

#include <cstring>

using shim::guarded;

bool ctorch_has_gloo(void) {
#ifdef USE_C10D_GLOO
  return true;
#else
  return false;
#endif
}

int32_t ctorch_group_make(ctorch_store *store, int32_t rank, int32_t size, const char *place,
                          bool is_interface, int64_t timeout_ms, ctorch_group **out) {
  *out = nullptr;
  return guarded([&] {
#ifdef USE_C10D_GLOO
    using Gloo = c10d::ProcessGroupGloo;
    auto options = Gloo::Options::create(std::chrono::milliseconds(timeout_ms));
    options->devices.push_back(is_interface ? Gloo::createDeviceForInterface(place)
                                            : Gloo::createDeviceForHostname(place));
    auto gloo = c10::make_intrusive<Gloo>(store->value, rank, size, options);
    auto sums = std::make_shared<shim::Sums>(gloo, rank, size);
    *out = new ctorch_group{std::move(gloo), std::move(sums)};
#else
    TORCH_CHECK(false, "built without Gloo's headers; install libgloo-dev and build again");
#endif
  });
}

void ctorch_group_free(ctorch_group *group) { delete group; }

namespace shim {

at::Tensor viewLike(const at::Tensor &flat, int64_t offset, const at::Tensor &like) {
  TORCH_CHECK(like.is_non_overlapping_and_dense(), "a tensor of the group has gaps in memory");
  return flat.as_strided(like.sizes(), like.strides(), offset);
}

FlatTensors::FlatTensors(std::vector<at::Tensor> tensors) : members(std::move(tensors)) {
  int64_t count = 0;
  for (const auto &member : members) {
    TORCH_CHECK(member.scalar_type() == members[0].scalar_type(), "tensors of two types");
    count += member.numel();
  }
  flat = at::empty({count}, members[0].options().requires_grad(false));
  int64_t offset = 0;
  for (const auto &member : members) {
    views.push_back(viewLike(flat, offset, member));
    offset += member.numel();
  }
}

void FlatTensors::gather() { at::_foreach_copy_(views, members); }

void FlatTensors::scatter() { at::_foreach_copy_(members, views); }

} // namespace shim

namespace {
// Calls `body` with the tensors of each type in one row of memory.
template <class Body>
void forEachType(ctorch_tensor *const *tensors, int32_t count, const Body &body) {
  std::vector<at::Tensor> left;
  for (int32_t i = 0; i < count; i++) left.push_back(tensors[i]->value.detach());
  while (!left.empty()) {
    std::vector<at::Tensor> same, others;
    for (auto &tensor : left)
      (tensor.scalar_type() == left[0].scalar_type() ? same : others).push_back(tensor);
    shim::FlatTensors row(std::move(same));
    row.gather();
    body(row.flat);
    row.scatter();
    left = std::move(others);
  }
}
} // namespace

int32_t ctorch_group_sum(ctorch_group *group, ctorch_tensor *const *tensors, int32_t count,
                         double factor) {
  return guarded([&] {
    at::NoGradGuard guard;
    forEachType(tensors, count, [&](at::Tensor &flat) {
      group->sums->begin(flat).get();
      if (factor != 1) flat.mul_(factor);
    });
  });
}

int32_t ctorch_group_broadcast(ctorch_group *group, ctorch_tensor *const *tensors, int32_t count) {
  return guarded([&] {
    at::NoGradGuard guard;
    forEachType(tensors, count, [&](at::Tensor &flat) {
      std::vector<at::Tensor> tensors{flat};
      group->value->broadcast(tensors)->wait();
    });
  });
}

int32_t ctorch_checksum(const ctorch_tensor *const *tensors, int32_t count, uint64_t *out) {
  return guarded([&] {
    at::NoGradGuard guard;
    uint64_t hash = 0x9e3779b97f4a7c15;
    for (int32_t i = 0; i < count; i++) {
      auto value = tensors[i]->value.detach().to(at::kCPU).contiguous();
      auto *bytes = static_cast<const char *>(value.const_data_ptr());
      size_t size = value.nbytes();
      for (size_t at = 0; at < size; at += 8) {
        uint64_t word = 0;
        std::memcpy(&word, bytes + at, std::min<size_t>(8, size - at));
        hash = (hash ^ word) * 0xff51afd7ed558ccd;
        hash ^= hash >> 32;
      }
    }
    *out = hash;
  });
}
