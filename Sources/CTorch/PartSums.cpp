// Sums over the parts of a batch, in the order of a binary tree.
//
// Numbers of floating point add up to other last bits in another order. A batch's parts may be computed one after
// the other by one process, or by several, which have sums of neighbours: so neighbours are added first,
// everywhere. Of 2^k · m rounds m follow one another in one gradient, as autograd adds them, and the 2^k sums
// are paired off as they come, as a binary counter carries. So are the networks of one process, and so do
// processes among each other (Distributed/Sums.cpp).
#include "PartSums.h"

#include "Kernels/Lists.h"

using shim::guarded;
using shim::list;

namespace {
// How many of `count` terms are added one after the other; the sums of so many each are paired off.
int64_t groupSize(int64_t count) {
  auto size = count;
  while (size > 1 && size % 2 == 0) size /= 2;
  // Of two terms alone there is one order.
  return size == 1 && count > 1 ? 2 : size;
}

void addTo(std::vector<at::Tensor> &sums, std::vector<at::Tensor> &terms) {
  std::vector<at::Tensor> targets, sources;
  for (size_t i = 0; i < sums.size(); i++) {
    if (!terms[i].defined()) continue;
    if (!sums[i].defined()) {
      sums[i] = std::move(terms[i]);
      continue;
    }
    targets.push_back(sums[i]);
    sources.push_back(terms[i]);
  }
  kernels::addAll(targets, sources);
}
} // namespace

ctorch_part_sums::ctorch_part_sums(std::vector<at::Tensor> parameters,
                                   std::vector<at::Tensor> buffers, int64_t rounds)
    : parameters(std::move(parameters)), buffers(std::move(buffers)), rounds(rounds),
      group(groupSize(rounds)) {
  for (size_t i = 0; i < this->parameters.size(); i++)
    places[this->parameters[i].unsafeGetTensorImpl()] = i;
}

void ctorch_part_sums::begin() {
  if (done == rounds) {
    done = 0;
    row.reset();
  }
  for (auto &buffer : buffers) buffer.zero_();
}

void ctorch_part_sums::addStatistics(double weight) {
  int64_t count = 0;
  for (const auto &buffer : buffers) count += buffer.numel();
  if (!row.defined()) {
    auto options = at::TensorOptions(at::kDouble);
    row = at::zeros({count}, buffers.empty() ? options : options.device(buffers[0].device()));
  }
  int64_t offset = 0;
  for (const auto &buffer : buffers) {
    auto size = buffer.numel();
    if (buffer.is_cpu() && buffer.scalar_type() == at::kFloat && buffer.is_contiguous()) {
      auto *sum = row.data_ptr<double>() + offset;
      auto *term = buffer.const_data_ptr<float>();
      for (int64_t i = 0; i < size; i++) sum[i] += weight * static_cast<double>(term[i]);
    } else {
      row.narrow(0, offset, size).add_(buffer.flatten(), weight);
    }
    offset += size;
  }
}

ctorch_part_sums::Sum ctorch_part_sums::take() {
  Sum sum;
  for (auto &parameter : parameters) {
    sum.gradients.push_back(parameter.grad());
    parameter.mutable_grad().reset();
  }
  sum.row = std::move(row);
  row.reset();
  return sum;
}

void ctorch_part_sums::end(double weight) {
  addStatistics(weight);
  done++;
  if (done == rounds) {
    for (size_t i = 0; i < parameters.size(); i++) foldAt(i);
    for (auto &sum : finished)
      if (sum.row.defined()) row.add_(sum.row);
    finished.clear();
    return;
  }
  if (done % group != 0) return;
  auto own = take();
  size_t level = 0;
  for (; level < finished.size() && finished[level].row.defined(); level++) {
    addTo(own.gradients, finished[level].gradients);
    own.row.add_(finished[level].row);
    finished[level] = {};
  }
  if (level == finished.size()) finished.emplace_back();
  finished[level] = std::move(own);
}

void ctorch_part_sums::foldAt(size_t place) {
  auto &gradient = parameters[place].mutable_grad();
  for (auto &sum : finished) {
    if (sum.gradients.empty()) continue;
    auto term = std::move(sum.gradients[place]);
    sum.gradients[place].reset();
    if (!term.defined()) continue;
    if (gradient.defined())
      gradient.add_(term);
    else
      gradient = std::move(term);
  }
}

void ctorch_part_sums::fold(const at::Tensor &parameter) {
  auto found = places.find(parameter.unsafeGetTensorImpl());
  if (found != places.end()) foldAt(found->second);
}

void ctorch_part_sums::add(ctorch_part_sums &other) {
  auto own = take(), term = other.take();
  addTo(own.gradients, term.gradients);
  for (size_t i = 0; i < parameters.size(); i++)
    if (own.gradients[i].defined()) parameters[i].mutable_grad() = own.gradients[i];
  row = std::move(own.row);
  row.add_(term.row);
}

void ctorch_part_sums::moveGradients(const std::vector<at::Tensor> &targets) {
  for (size_t i = 0; i < targets.size(); i++) {
    targets[i].mutable_grad() = parameters[i].grad();
    parameters[i].mutable_grad().reset();
  }
}

int32_t ctorch_part_sums_make(ctorch_tensor *const *parameters, int32_t parameter_count,
                              ctorch_tensor *const *buffers, int32_t buffer_count, int32_t rounds,
                              ctorch_part_sums **out) {
  *out = nullptr;
  return guarded([&] {
    *out = new ctorch_part_sums(list(parameters, parameter_count), list(buffers, buffer_count),
                                rounds);
  });
}

void ctorch_part_sums_free(ctorch_part_sums *sums) { delete sums; }

int32_t ctorch_part_sums_begin(ctorch_part_sums *sums) {
  return guarded([&] {
    at::NoGradGuard guard;
    sums->begin();
  });
}

int32_t ctorch_part_sums_end(ctorch_part_sums *sums, double weight) {
  return guarded([&] {
    at::NoGradGuard guard;
    sums->end(weight);
  });
}

int32_t ctorch_part_sums_gather(ctorch_part_sums *const *replicas, int32_t count,
                                ctorch_tensor *const *targets, int32_t target_count) {
  return guarded([&] {
    at::NoGradGuard guard;
    auto group = groupSize(count);
    for (int64_t first = 0; first < count; first += group)
      for (int64_t i = 1; i < group; i++) replicas[first]->add(*replicas[first + i]);
    for (int64_t step = group; step < count; step *= 2)
      for (int64_t first = 0; first < count; first += 2 * step)
        replicas[first]->add(*replicas[first + step]);
    replicas[0]->moveGradients(list(targets, target_count));
  });
}

int32_t ctorch_part_sums_statistics(const ctorch_part_sums *sums, ctorch_tensor **out) {
  return shim::produce(out, [&] {
    TORCH_CHECK(sums->row.defined(), "no part was computed");
    return sums->row;
  });
}

int32_t ctorch_move_statistics(ctorch_tensor *const *targets, const ctorch_tensor *const *before,
                               int32_t count, const ctorch_tensor *row, double decay) {
  return guarded([&] {
    at::NoGradGuard guard;
    int64_t offset = 0;
    for (int32_t i = 0; i < count; i++) {
      auto &target = targets[i]->value;
      const auto &kept = before[i]->value;
      auto size = target.numel();
      auto moved = row->value.narrow(0, offset, size);
      if (target.is_cpu() && target.scalar_type() == at::kFloat && target.is_contiguous() &&
          kept.is_contiguous()) {
        auto *value = target.data_ptr<float>();
        auto *old = kept.const_data_ptr<float>();
        auto *step = moved.const_data_ptr<double>();
        for (int64_t j = 0; j < size; j++)
          value[j] = static_cast<float>(decay * static_cast<double>(old[j]) + step[j]);
      } else {
        target.copy_((kept.to(at::kDouble).flatten() * decay + moved).view(target.sizes()));
      }
      offset += size;
    }
  });
}
