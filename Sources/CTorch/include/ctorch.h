// The C ABI of what Halcyon uses of libtorch.
//
// Every function that can fail returns a status: CTORCH_OK, or an error whose message
// ctorch_last_error() gives until this thread's next failure. No C++ exception leaves this library.
// Questions about a handle's shape, type and device, and freeing it, cannot fail.
//
// Gradients on or off, autocast and the last error belong to the calling thread, and so does the
// pool of threads under an operation: keep a process's tensor work on one thread. A handle may move
// to another thread, never be used by two at once.
//
// A tensor that a function writes through its last parameter belongs to the caller, who gives it
// back with ctorch_tensor_free(). Shapes are in elements, row-major unless said.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

typedef struct ctorch_tensor ctorch_tensor;
typedef struct ctorch_generator ctorch_generator;

enum { CTORCH_OK = 0, CTORCH_ERROR = 1, CTORCH_OUT_OF_MEMORY = 2 };
// A device is one of these, with its number among its kind in the bits from 8 on: CTORCH_CUDA | 1 << 8.
enum { CTORCH_CPU = 0, CTORCH_CUDA = 1, CTORCH_META = 2 };
enum {
  CTORCH_UINT8 = 0,
  CTORCH_INT64 = 1,
  CTORCH_FLOAT32 = 2,
  CTORCH_FLOAT64 = 3,
  CTORCH_BFLOAT16 = 4,
  CTORCH_FLOAT16 = 5,
  CTORCH_INT32 = 6,
  CTORCH_BOOL = 7,
  CTORCH_INT8 = 8,
  CTORCH_KEEP = -1
};

// Runtime

const char *ctorch_last_error(void);
const char *ctorch_version(void);
// The kernels that libtorch has chosen for this processor, as ATEN_CPU_CAPABILITY may limit them: "AVX512".
const char *ctorch_cpu_capability(void);
int32_t ctorch_cuda_device_count(void);
int32_t ctorch_threads(void);
int32_t ctorch_set_threads(int32_t count);

// Keeps memory that tensors give back in the process; whether the system's allocator can do so.
bool ctorch_keep_memory(bool keep);

// Tensors: life and contents

int32_t ctorch_tensor_from_bytes(const void *bytes, int64_t byte_count, const int64_t *shape,
                                 int32_t rank, int32_t dtype, int32_t device,
                                 ctorch_tensor *_Nullable *_Nonnull out);
// Bytes [count, height, width, channels] → float32 [rows, channels, height, width] on the CPU, channels
// last in memory, each byte times its channel's scale plus its offset; rows beyond count are of zeros.
int32_t ctorch_pictures(const uint8_t *bytes, int64_t count, int64_t rows, int64_t height,
                        int64_t width, int64_t channels, const float *scale, const float *offset,
                        ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_tensor_empty(const int64_t *shape, int32_t rank, int32_t dtype, int32_t device,
                            ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_tensor_full(const int64_t *shape, int32_t rank, double value, int32_t dtype,
                           int32_t device, ctorch_tensor *_Nullable *_Nonnull out);
void ctorch_tensor_free(ctorch_tensor *tensor);
int32_t ctorch_tensor_rank(const ctorch_tensor *tensor);
int64_t ctorch_tensor_size(const ctorch_tensor *tensor, int32_t axis);
int64_t ctorch_tensor_count(const ctorch_tensor *tensor);
int32_t ctorch_tensor_dtype(const ctorch_tensor *tensor);
int32_t ctorch_tensor_device(const ctorch_tensor *tensor);
bool ctorch_tensor_is_channels_last(const ctorch_tensor *tensor);
int32_t ctorch_tensor_bytes(const ctorch_tensor *tensor, void *bytes, int64_t byte_count);
int32_t ctorch_tensor_item(const ctorch_tensor *tensor, double *out);
int32_t ctorch_tensor_to(const ctorch_tensor *tensor, int32_t dtype, int32_t device,
                         ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_tensor_channels_last(const ctorch_tensor *tensor, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_tensor_clone(const ctorch_tensor *tensor, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_tensor_detach(const ctorch_tensor *tensor, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_tensor_copy(ctorch_tensor *tensor, const ctorch_tensor *source);
int32_t ctorch_tensor_fill(ctorch_tensor *tensor, double value);

// Shapes

int32_t ctorch_reshape(const ctorch_tensor *x, const int64_t *shape, int32_t rank,
                       ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_permute(const ctorch_tensor *x, const int64_t *axes, int32_t rank,
                       ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_narrow(const ctorch_tensor *x, int64_t axis, int64_t start, int64_t length,
                      ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_concatenate(const ctorch_tensor *_Nonnull const *_Nonnull tensors, int32_t count,
                           int64_t axis, ctorch_tensor *_Nullable *_Nonnull out);

// Every `step`th entry of one axis from `start` on, before `end`.
int32_t ctorch_slice(const ctorch_tensor *x, int64_t axis, int64_t start, int64_t end, int64_t step,
                     ctorch_tensor *_Nullable *_Nonnull out);
// `value` before and after the last axes: two numbers an axis, the last axis first.
int32_t ctorch_pad(const ctorch_tensor *x, const int64_t *padding, int32_t count, int64_t value,
                   ctorch_tensor *_Nullable *_Nonnull out);
// Axes of one element as long as `shape` says, without copies.
int32_t ctorch_expand(const ctorch_tensor *x, const int64_t *shape, int32_t rank,
                      ctorch_tensor *_Nullable *_Nonnull out);

// Arithmetic

int32_t ctorch_add(const ctorch_tensor *a, const ctorch_tensor *b, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_subtract(const ctorch_tensor *a, const ctorch_tensor *b,
                        ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_multiply(const ctorch_tensor *a, const ctorch_tensor *b,
                        ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_divide(const ctorch_tensor *a, const ctorch_tensor *b,
                      ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_scale(const ctorch_tensor *x, double factor, double offset,
                     ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_square_root(const ctorch_tensor *x, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_matrix_product(const ctorch_tensor *a, const ctorch_tensor *b,
                              ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_softmax(const ctorch_tensor *x, int64_t axis, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_sum(const ctorch_tensor *x, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_mean(const ctorch_tensor *x, const int64_t *axes, int32_t axis_count,
                    ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_top(const ctorch_tensor *x, int64_t count, ctorch_tensor *_Nullable *_Nonnull values,
                   ctorch_tensor *_Nullable *_Nonnull indices);

// Networks

int32_t ctorch_relu(const ctorch_tensor *x, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_relu_in_place(ctorch_tensor *x);
enum {
  CTORCH_NO_ACTIVATION = -1,
  CTORCH_RELU = 0,
  CTORCH_GELU = 1,
  CTORCH_GELU_TANH = 2,
  CTORCH_GELU_SIGMOID = 3,
  CTORCH_SILU = 4,
  CTORCH_HARD_SWISH = 5,
  CTORCH_HARD_SIGMOID = 6,
  CTORCH_SIGMOID = 7
};
int32_t ctorch_activate(const ctorch_tensor *x, int32_t kind, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_add_in_place(ctorch_tensor *x, const ctorch_tensor *other);
// `spatial` is 2 or 3: the length of stride, padding and dilation.
int32_t ctorch_convolution(const ctorch_tensor *x, const ctorch_tensor *weight,
                           const ctorch_tensor *_Nullable bias, int32_t spatial,
                           const int64_t *stride, const int64_t *padding, const int64_t *dilation,
                           int64_t groups, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_batch_norm(const ctorch_tensor *x, const ctorch_tensor *weight,
                          const ctorch_tensor *bias, ctorch_tensor *mean, ctorch_tensor *variance,
                          bool training, double momentum, double epsilon,
                          ctorch_tensor *_Nullable *_Nonnull out);
// Over the last axis.
int32_t ctorch_layer_norm(const ctorch_tensor *x, const ctorch_tensor *weight,
                          const ctorch_tensor *bias, double epsilon,
                          ctorch_tensor *_Nullable *_Nonnull out);
// softmax(q kᵀ · scale) v of [..., tokens, features].
int32_t ctorch_attention(const ctorch_tensor *q, const ctorch_tensor *k, const ctorch_tensor *v,
                         double scale, ctorch_tensor *_Nullable *_Nonnull out);
// Pictures [N, C, H, W] in another size, by cubic convolution with a = -0.75 as torch.nn.functional has it.
int32_t ctorch_resize_bicubic(const ctorch_tensor *x, int64_t height, int64_t width, bool antialias,
                              ctorch_tensor *_Nullable *_Nonnull out);
// Windows that reach beyond the picture count the pixels that are there.
int32_t ctorch_avg_pool2d(const ctorch_tensor *x, int64_t kernel, int64_t stride,
                          ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_max_pool2d(const ctorch_tensor *x, int64_t kernel, int64_t stride, int64_t padding,
                          ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_linear(const ctorch_tensor *x, const ctorch_tensor *weight,
                      const ctorch_tensor *_Nullable bias, ctorch_tensor *_Nullable *_Nonnull out);

// Losses, each a mean over the rows of `logits` [rows, classes]; and how many rows have their largest
// logit where `members` is above 0, one int64

int32_t ctorch_cross_entropy(const ctorch_tensor *logits, const ctorch_tensor *targets,
                             ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_sigmoid_cross_entropy(const ctorch_tensor *logits, const ctorch_tensor *targets,
                                     ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_hits(const ctorch_tensor *logits, const ctorch_tensor *members,
                    ctorch_tensor *_Nullable *_Nonnull out);
// Rows [rows, classes] with a 1 at the largest of a row's probabilities where that reaches its class's one of
// `thresholds` [classes], else of zeros; and how many have one, of how many of these `truth` [rows] is known (from 0 on),
// and how many are it: three float64.
int32_t ctorch_pseudo_labels(const ctorch_tensor *logits, const ctorch_tensor *thresholds,
                             const ctorch_tensor *truth, ctorch_tensor *_Nullable *_Nonnull labels,
                             ctorch_tensor *_Nullable *_Nonnull counts);

// Random numbers

int32_t ctorch_generator_make(uint64_t seed, ctorch_generator *_Nullable *_Nonnull out);
void ctorch_generator_free(ctorch_generator *generator);
int32_t ctorch_fill_normal(ctorch_tensor *x, double mean, double deviation,
                           ctorch_generator *generator);
int32_t ctorch_fill_uniform(ctorch_tensor *x, double low, double high,
                            ctorch_generator *generator);

// Gradients

int32_t ctorch_set_requires_gradient(ctorch_tensor *x, bool required);
bool ctorch_requires_gradient(const ctorch_tensor *x);
// Writes NULL when there is no gradient.
int32_t ctorch_gradient(const ctorch_tensor *x, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_clear_gradients(ctorch_tensor *_Nonnull const *_Nonnull tensors, int32_t count);
int32_t ctorch_backward(const ctorch_tensor *loss);
bool ctorch_set_gradients_enabled(bool enabled);

// Casts inside operations to `dtype`, as torch.autocast does; false ends it and drops its cache.
int32_t ctorch_set_autocast(int32_t device, int32_t dtype, bool enabled);

// Parts of a batch

// What the parts that one network computes in its rounds add up to, in the order of a binary tree over the rounds.
typedef struct ctorch_part_sums ctorch_part_sums;

// `buffers` are its running statistics, none where they are not to be moved.
int32_t ctorch_part_sums_make(ctorch_tensor *_Nonnull const *_Nonnull parameters,
                              int32_t parameter_count,
                              ctorch_tensor *_Nonnull const *_Nonnull buffers,
                              int32_t buffer_count, int32_t rounds,
                              ctorch_part_sums *_Nullable *_Nonnull out);
void ctorch_part_sums_free(ctorch_part_sums *sums);
// Before a round's forward pass: the buffers become 0, so that afterwards they hold that round's share alone.
int32_t ctorch_part_sums_begin(ctorch_part_sums *sums);
// After a round's backward pass; the buffers are added times `weight`. After the last round the gradients are the
// sums over all rounds.
int32_t ctorch_part_sums_end(ctorch_part_sums *sums, double weight);
// After the last round: adds up what `replicas` have, as a tree, and hands the gradients to `targets`; the first one has
// the statistics.
int32_t ctorch_part_sums_gather(ctorch_part_sums *_Nonnull const *_Nonnull replicas, int32_t count,
                                ctorch_tensor *_Nonnull const *_Nonnull targets,
                                int32_t target_count);
// One row of float64: what the parts have added to the statistics.
int32_t ctorch_part_sums_statistics(const ctorch_part_sums *sums,
                                    ctorch_tensor *_Nullable *_Nonnull out);
// Each target becomes its value `before` times `decay`, plus its part of `row`.
int32_t ctorch_move_statistics(ctorch_tensor *_Nonnull const *_Nonnull targets,
                               const ctorch_tensor *_Nonnull const *_Nonnull before, int32_t count,
                               const ctorch_tensor *row, double decay);

// Lists of tensors

int32_t ctorch_copy_all(ctorch_tensor *_Nonnull const *_Nonnull targets,
                        const ctorch_tensor *_Nonnull const *_Nonnull sources, int32_t count);
// True when neither `value` nor a gradient of `tensors` holds a NaN or an infinity; missing gradients
// are finite. `plain` asks the plain twin of our kernel.
int32_t ctorch_gradients_finite(const ctorch_tensor *_Nonnull const *_Nonnull tensors,
                                int32_t count, const ctorch_tensor *_Nullable value, bool plain,
                                bool *out);
// One step of stochastic gradient descent with libtorch's fused kernel, on the tensors that have
// gradients. Momentum buffers start as zeros, in their parameters' memory layout.
int32_t ctorch_sgd_step(ctorch_tensor *_Nonnull const *_Nonnull parameters,
                        ctorch_tensor *_Nonnull const *_Nonnull momenta, int32_t count,
                        double learning_rate, double momentum, double weight_decay, bool nesterov);

// One step of Adam with decoupled weight decay, by libtorch's fused kernel, on the tensors that have
// gradients; `step` counts from 1. The moments start as zeros, in their parameters' memory layout.
int32_t ctorch_adamw_step(ctorch_tensor *_Nonnull const *_Nonnull parameters,
                          ctorch_tensor *_Nonnull const *_Nonnull means,
                          ctorch_tensor *_Nonnull const *_Nonnull squares, int32_t count,
                          double learning_rate, double beta1, double beta2, double weight_decay,
                          double epsilon, int64_t step);
// Each target moved by `part` of the way to its source.
int32_t ctorch_move_towards(ctorch_tensor *_Nonnull const *_Nonnull targets,
                            const ctorch_tensor *_Nonnull const *_Nonnull sources, int32_t count,
                            double part);

// Inference: convolution with a folded batch norm, addition and activation in one kernel where there is one

int32_t ctorch_pack_convolution(const ctorch_tensor *weight, const int64_t *stride,
                                const int64_t *padding, int64_t groups,
                                const int64_t *input_shape, ctorch_tensor *_Nullable *_Nonnull out);
// x → activation(conv(x) + bias + other); `packed` says that ctorch_pack_convolution made `weight`.
int32_t ctorch_fused_convolution(const ctorch_tensor *x, const ctorch_tensor *weight, bool packed,
                                 const ctorch_tensor *bias, ctorch_tensor *_Nullable other,
                                 int32_t activation, const int64_t *stride, const int64_t *padding,
                                 int64_t groups, ctorch_tensor *_Nullable *_Nonnull out);

// Inference in int8: bytes q that stand for (q - zero) · scale, on a CPU

typedef struct {
  double scale;
  int64_t zero;
} ctorch_quantization;

// float32 or bfloat16 → uint8, to the nearest; and back.
int32_t ctorch_quantize(const ctorch_tensor *x, ctorch_quantization to,
                        ctorch_tensor *_Nullable *_Nonnull out);
// float32 pictures [N, C, H, W] → uint8 with `padding` pixels of 0 around: x / scale + zero of its channel.
int32_t ctorch_quantize_padded(const ctorch_tensor *x, const float *scale, const float *zero,
                               int64_t padding, ctorch_tensor *_Nullable *_Nonnull out);
int32_t ctorch_dequantize(const ctorch_tensor *x, ctorch_quantization from, int32_t dtype,
                          ctorch_tensor *_Nullable *_Nonnull out);
// uint8 [N, C, H, W] → float32 [N, C]: the channels' means.
int32_t ctorch_quantized_means(const ctorch_tensor *x, ctorch_quantization from,
                               ctorch_tensor *_Nullable *_Nonnull out);
// Adds to each of 65,536 counts how many elements are nearest to the bfloat16 of these bits.
int32_t ctorch_count_values(const ctorch_tensor *x, int64_t *counts);
// float32 [out, ...] → int8 of the same shape, and float32 [out], what a step of each row is worth.
int32_t ctorch_quantize_weight(const ctorch_tensor *weight,
                               ctorch_tensor *_Nullable *_Nonnull out,
                               ctorch_tensor *_Nullable *_Nonnull scales);
// int8 [out, in / groups, kH, kW] in the layout that the kernel wants for bytes of this shape.
int32_t ctorch_pack_int8_convolution(const ctorch_tensor *weight, const ctorch_tensor *scales,
                                     ctorch_quantization from, const int64_t *stride,
                                     const int64_t *padding, int64_t groups,
                                     const int64_t *input_shape,
                                     ctorch_tensor *_Nullable *_Nonnull out);
// x → activation(conv(x) + bias + other) as bytes; ctorch_pack_int8_convolution made `weight`, `zeros` is
// int64 [out] of zeros. The result may take over the memory of `other`.
int32_t ctorch_int8_convolution(const ctorch_tensor *x, ctorch_quantization from,
                                const ctorch_tensor *weight, const ctorch_tensor *scales,
                                const ctorch_tensor *zeros, const ctorch_tensor *bias,
                                ctorch_tensor *_Nullable other, ctorch_quantization others,
                                int32_t activation, const int64_t *stride, const int64_t *padding,
                                int64_t groups, ctorch_quantization to,
                                ctorch_tensor *_Nullable *_Nonnull out);

// Tracing: what a computation does, as a graph of libtorch's operations

typedef struct ctorch_graph ctorch_graph;

// One operation: its name with its namespace ("aten::relu"), and the numbers of the values that go in and
// come out. Valid as long as the graph.
typedef struct {
  const char *kind;
  const int64_t *_Nullable inputs;
  int32_t input_count;
  const int64_t *_Nullable outputs;
  int32_t output_count;
} ctorch_node;

enum {
  CTORCH_CONSTANT_OTHER = 0,
  CTORCH_CONSTANT_NONE = 1,
  CTORCH_CONSTANT_INTEGER = 2,
  CTORCH_CONSTANT_REAL = 3,
  CTORCH_CONSTANT_TENSOR = 4,
  CTORCH_CONSTANT_TEXT = 5
};

// What the node "prim::Constant" makes; true and false are 1 and 0. The text lives as long as the graph.
typedef struct {
  int32_t kind;
  int64_t integer;
  double real;
  const char *_Nullable text;
} ctorch_constant;

// From here on this thread's operations are recorded; `tensors` are the graph's inputs, in their order.
int32_t ctorch_trace_begin(const ctorch_tensor *_Nonnull const *_Nonnull tensors, int32_t count);
// Ends the recording with `result`, or gives it up without one, and then writes NULL.
int32_t ctorch_trace_end(const ctorch_tensor *_Nullable result,
                         ctorch_graph *_Nullable *_Nonnull out);
void ctorch_graph_free(ctorch_graph *graph);
// The number of an input's value, and of the result's.
int64_t ctorch_graph_input(const ctorch_graph *graph, int32_t index);
int64_t ctorch_graph_result(const ctorch_graph *graph);
int32_t ctorch_graph_node_count(const ctorch_graph *graph);
ctorch_node ctorch_graph_node(const ctorch_graph *graph, int32_t index);
ctorch_constant ctorch_graph_constant(const ctorch_graph *graph, int32_t index);
int32_t ctorch_graph_tensor(const ctorch_graph *graph, int32_t index,
                            ctorch_tensor *_Nullable *_Nonnull out);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
