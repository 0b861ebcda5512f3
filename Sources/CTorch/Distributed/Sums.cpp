// Sums over processes, one after the other on a thread of their own, so that a backward pass goes on meanwhile.
//
// Among 2^k processes neighbours are added first, ((0 + 1) + (2 + 3)) + …, which is the order in which one process
// adds the parts of a batch (PartSums.cpp): the sums are then the same bits for any such number of processes. Each
// step halves what a process still has to add, and then doubles what it knows ("recursive halving and doubling"), so
// that as few bytes are sent as by a ring. Other numbers take Gloo's ring.
#include "Sums.h"

#include "../Kernels/Processors.h"

#include <pthread.h>

namespace shim {
namespace {

FOR_EACH_PROCESSOR
void addFloats(float *sum, const float *term, int64_t count) {
  for (int64_t i = 0; i < count; i++) sum[i] += term[i];
}

FOR_EACH_PROCESSOR
void addDoubles(double *sum, const double *term, int64_t count) {
  for (int64_t i = 0; i < count; i++) sum[i] += term[i];
}

void addTo(const at::Tensor &sum, const at::Tensor &term) {
  if (sum.scalar_type() == at::kFloat)
    addFloats(sum.data_ptr<float>(), term.const_data_ptr<float>(), sum.numel());
  else if (sum.scalar_type() == at::kDouble)
    addDoubles(sum.data_ptr<double>(), term.const_data_ptr<double>(), sum.numel());
  else
    sum.add_(term);
}

constexpr int tag = 7;

// Sends `own` to `partner`, and receives as much as `other` holds from it.
void exchange(c10d::Backend &backend, int partner, const at::Tensor &own, const at::Tensor &other) {
  std::vector<at::Tensor> sent{own}, received{other};
  auto receiving = other.numel() > 0 ? backend.recv(received, partner, tag) : nullptr;
  auto sending = own.numel() > 0 ? backend.send(sent, partner, tag) : nullptr;
  if (receiving) receiving->wait();
  if (sending) sending->wait();
}

void sumInPairs(c10d::Backend &backend, int rank, int size, const at::Tensor &row) {
  struct Range {
    int64_t first, count;
  };
  std::vector<std::pair<Range, Range>> halves;
  Range kept{0, row.numel()};
  auto room = at::empty({(kept.count + 1) / 2}, row.options());
  for (int distance = 1; distance < size; distance *= 2) {
    Range lower{kept.first, kept.count / 2};
    Range upper{kept.first + lower.count, kept.count - lower.count};
    bool isLower = (rank & distance) == 0;
    auto [own, other] = isLower ? std::pair{lower, upper} : std::pair{upper, lower};
    auto term = room.narrow(0, 0, own.count);
    exchange(backend, rank ^ distance, row.narrow(0, other.first, other.count), term);
    addTo(row.narrow(0, own.first, own.count), term);
    halves.push_back({own, other});
    kept = own;
  }
  for (int distance = size / 2; distance > 0; distance /= 2) {
    auto [own, other] = halves.back();
    halves.pop_back();
    exchange(backend, rank ^ distance, row.narrow(0, own.first, own.count),
             row.narrow(0, other.first, other.count));
  }
}

} // namespace

Sums::Sums(c10::intrusive_ptr<c10d::Backend> backend, int rank, int size)
    : backend(std::move(backend)), rank(rank), size(size), thread([this] { serve(); }) {}

Sums::~Sums() {
  {
    std::lock_guard<std::mutex> lock(mutex);
    isEnded = true;
  }
  condition.notify_one();
  thread.join();
}

std::future<void> Sums::begin(at::Tensor row) {
  std::packaged_task<void()> task([this, row = std::move(row)] { sum(row); });
  auto result = task.get_future();
  {
    std::lock_guard<std::mutex> lock(mutex);
    tasks.push_back(std::move(task));
  }
  condition.notify_one();
  return result;
}

void Sums::serve() {
  pthread_setname_np(pthread_self(), "sums");
  while (true) {
    std::packaged_task<void()> task;
    {
      std::unique_lock<std::mutex> lock(mutex);
      condition.wait(lock, [this] { return isEnded || !tasks.empty(); });
      if (tasks.empty()) return;
      task = std::move(tasks.front());
      tasks.pop_front();
    }
    task();
  }
}

void Sums::sum(const at::Tensor &row) {
  // After one that has failed the processes no longer are where the others are.
  if (failure) std::rethrow_exception(failure);
  try {
    at::NoGradGuard guard;
    bool isPowerOf2 = (size & (size - 1)) == 0;
    if (isPowerOf2) return sumInPairs(*backend, rank, size, row);
    std::vector<at::Tensor> tensors{row};
    backend->allreduce(tensors)->wait();
  } catch (...) {
    failure = std::current_exception();
    throw;
  }
}

} // namespace shim
