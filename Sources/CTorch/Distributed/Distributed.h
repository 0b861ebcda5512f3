// What the files of this folder share: the handles.
#pragma once

#include "Sums.h"

#include "ctorch_distributed.h"

#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>

struct ctorch_store {
  c10::intrusive_ptr<c10d::Store> value;
};

struct ctorch_group {
  c10::intrusive_ptr<c10d::Backend> value;
  std::shared_ptr<shim::Sums> sums;
};

namespace shim {

// One row of memory for tensors of one type, each in its own memory layout.
class FlatTensors {
public:
  explicit FlatTensors(std::vector<at::Tensor> members);
  void gather();
  void scatter();
  at::Tensor flat;
  std::vector<at::Tensor> members, views;
};

// A part of `flat` from `offset` on that is laid out in memory as `like` is.
at::Tensor viewLike(const at::Tensor &flat, int64_t offset, const at::Tensor &like);

} // namespace shim
