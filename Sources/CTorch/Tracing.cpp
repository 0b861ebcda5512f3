// What a computation does, as a graph of libtorch's operations: libtorch's own tracer records it.
#include "Shim.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <string>

using shim::guarded;
using shim::produce;
namespace tracer = torch::jit::tracer;

struct ctorch_graph {
  struct Node {
    std::string kind;
    std::vector<int64_t> inputs, outputs;
    c10::IValue constant;
    bool isConstant;
  };
  std::vector<Node> nodes;
  std::vector<int64_t> inputs;
  int64_t result;
};

int32_t ctorch_trace_begin(const ctorch_tensor *const *tensors, int32_t count) {
  return guarded([&] {
    TORCH_CHECK(!tracer::isTracing(), "a computation is being traced already");
    auto state = std::make_shared<tracer::TracingState>();
    // What is done in place is a value of its own, and nobody need be warned of it.
    state->force_outplace = true;
    state->warn = false;
    for (int32_t i = 0; i < count; i++)
      state->setValue(tensors[i]->value, state->graph->addInput());
    tracer::setTracingState(std::move(state));
  });
}

int32_t ctorch_trace_end(const ctorch_tensor *result, ctorch_graph **out) {
  *out = nullptr;
  // The state is asked for values as long as it is this thread's.
  struct End {
    ~End() { tracer::setTracingState(nullptr); }
  } end;
  return guarded([&] {
    if (!result) return;
    auto state = tracer::getTracingState();
    TORCH_CHECK(state, "nothing is being traced");
    auto graph = std::make_unique<ctorch_graph>();
    for (auto *input : state->graph->inputs())
      graph->inputs.push_back(static_cast<int64_t>(input->unique()));
    TORCH_CHECK(state->hasValue(result->value), "the result does not come from what was traced");
    graph->result = static_cast<int64_t>(state->getValue(result->value)->unique());
    for (auto *node : state->graph->nodes()) {
      ctorch_graph::Node entry{node->kind().toQualString(), {}, {}, {}, false};
      for (auto *input : node->inputs())
        entry.inputs.push_back(static_cast<int64_t>(input->unique()));
      for (auto *output : node->outputs())
        entry.outputs.push_back(static_cast<int64_t>(output->unique()));
      if (node->kind() == c10::prim::Constant) {
        entry.isConstant = true;
        if (auto value = torch::jit::toIValue(node->output())) entry.constant = *value;
      }
      graph->nodes.push_back(std::move(entry));
    }
    *out = graph.release();
  });
}

void ctorch_graph_free(ctorch_graph *graph) { delete graph; }

int64_t ctorch_graph_input(const ctorch_graph *graph, int32_t index) { return graph->inputs[index]; }

int64_t ctorch_graph_result(const ctorch_graph *graph) { return graph->result; }

int32_t ctorch_graph_node_count(const ctorch_graph *graph) {
  return static_cast<int32_t>(graph->nodes.size());
}

ctorch_node ctorch_graph_node(const ctorch_graph *graph, int32_t index) {
  const auto &node = graph->nodes[index];
  return {node.kind.c_str(), node.inputs.data(), static_cast<int32_t>(node.inputs.size()),
          node.outputs.data(), static_cast<int32_t>(node.outputs.size())};
}

ctorch_constant ctorch_graph_constant(const ctorch_graph *graph, int32_t index) {
  const auto &node = graph->nodes[index];
  const auto &value = node.constant;
  if (!node.isConstant) return {CTORCH_CONSTANT_OTHER, 0, 0, nullptr};
  if (value.isNone()) return {CTORCH_CONSTANT_NONE, 0, 0, nullptr};
  if (value.isInt()) return {CTORCH_CONSTANT_INTEGER, value.toInt(), 0, nullptr};
  if (value.isDouble()) return {CTORCH_CONSTANT_REAL, 0, value.toDouble(), nullptr};
  if (value.isBool()) return {CTORCH_CONSTANT_INTEGER, value.toBool() ? 1 : 0, 0, nullptr};
  if (value.isTensor()) return {CTORCH_CONSTANT_TENSOR, 0, 0, nullptr};
  if (value.isString()) return {CTORCH_CONSTANT_TEXT, 0, 0, value.toStringRef().c_str()};
  return {CTORCH_CONSTANT_OTHER, 0, 0, nullptr};
}

int32_t ctorch_graph_tensor(const ctorch_graph *graph, int32_t index, ctorch_tensor **out) {
  return produce(out, [&] { return graph->nodes[index].constant.toTensor(); });
}
