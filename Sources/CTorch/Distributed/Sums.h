// A thread that adds up tensors over processes.
#pragma once

#include "../Shim.h"

#include <torch/csrc/distributed/c10d/Backend.hpp>

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

namespace shim {

class Sums {
public:
  Sums(c10::intrusive_ptr<c10d::Backend> backend, int rank, int size);
  ~Sums();
  // Replaces the elements of `row`, one-dimensional and without gaps, by their sums over the processes, after all
  // sums that were begun before.
  std::future<void> begin(at::Tensor row);

private:
  void serve();
  void sum(const at::Tensor &row);

  c10::intrusive_ptr<c10d::Backend> backend;
  const int rank, size;
  std::mutex mutex;
  std::condition_variable condition;
  std::deque<std::packaged_task<void()>> tasks;
  bool isEnded = false;
  std::exception_ptr failure;
  std::thread thread;
};

} // namespace shim
