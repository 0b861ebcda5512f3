// What the parts of a batch that one network computes add up to.
#pragma once

#include "Shim.h"

#include <unordered_map>

struct ctorch_part_sums {
  ctorch_part_sums(std::vector<at::Tensor> parameters, std::vector<at::Tensor> buffers,
                   int64_t rounds);

  void begin();
  void end(double weight);
  // Adds to the gradient of `parameter`, after the last round's backward pass, what the other rounds have left.
  void fold(const at::Tensor &parameter);
  // Adds what `other` has to what this one has.
  void add(ctorch_part_sums &other);
  // Hands the gradients over to `targets`.
  void moveGradients(const std::vector<at::Tensor> &targets);

  // The statistics of all rounds so far, in float64, each times its weight.
  at::Tensor row;

private:
  // What some rounds have come to; empty where their sum is part of a larger one.
  struct Sum {
    std::vector<at::Tensor> gradients;
    at::Tensor row;
  };

  Sum take();
  void foldAt(size_t place);
  void addStatistics(double weight);

  std::vector<at::Tensor> parameters, buffers;
  std::unordered_map<const c10::TensorImpl *, size_t> places;
  // Finished sums of 1, 2, 4, … groups of rounds that follow one another.
  std::vector<Sum> finished;
  int64_t rounds, group, done = 0;
};
