import Testing
import Torch

/// Something that libtorch or a layer refuses, and what the error must say.
struct Refusal: CustomTestStringConvertible, Sendable {
  let operation: String
  let shapes: [[Int]]
  let body: @Sendable () throws -> Void
  var testDescription: String { "\(operation) of \(shapes)" }

  init(_ operation: String, _ shapes: [[Int]], _ body: @escaping @Sendable () throws -> Void) {
    self.operation = operation
    self.shapes = shapes
    self.body = body
  }
}

private func tensor(_ shape: [Int]) throws -> Tensor { try .full(shape, 1) }

private func root() throws -> Path { try ParameterStore(seed: 0).root }

private func convolution(channels: Int, groups: Int = 1) throws -> Conv2d {
  try Conv2d(root() / "c", from: channels, to: 4, kernel: 3, padding: 1, groups: groups)
}

private func convolve(_ x: [Int], _ weight: [Int], stride: [Int], padding: [Int]) throws {
  _ = try tensor(x).convolved(with: tensor(weight), stride: stride, padding: padding)
}

let refusals: [Refusal] = shapeRefusals + layerRefusals + contentRefusals

private let shapeRefusals: [Refusal] = [
  .init("matmul", [[2, 3], [4, 5]]) { _ = try tensor([2, 3]).matrixProduct(tensor([4, 5])) },
  .init("softmax", [[2, 3]]) { _ = try tensor([2, 3]).softmax(axis: 2) },
  .init("mean", [[2, 3]]) { _ = try tensor([2, 3]).mean(axes: [5]) },
  .init("permute", [[2, 3]]) { _ = try tensor([2, 3]).permuted([0, 0]) },
  .init("reshape", [[2, 3]]) { _ = try tensor([2, 3]).reshaped(to: [4]) },
  .init("reshape", [[2, 3]]) { _ = try tensor([2, 3]).reshaped(to: [-1, -1]) },
  .init("narrow", [[2, 3]]) { _ = try tensor([2, 3]).narrowed(axis: 1, to: 2..<4) },
  .init("narrow", [[2, 3]]) { _ = try tensor([2, 3]).narrowed(axis: 7, to: 0..<1) },
  .init("topk", [[2, 3]]) { _ = try tensor([2, 3]).top(4) },
  .init("cat", [[2, 3], [2, 4]]) {
    _ = try Tensor.concatenated([tensor([2, 3]), tensor([2, 4])])
  },
  .init("cat", []) { _ = try Tensor.concatenated([]) },
  .init("add", [[2, 3], [4]]) { _ = try tensor([2, 3]).adding(tensor([4])) },
  .init("add_", [[2, 3], [2, 2, 3]]) { try tensor([2, 3]).addInPlace(tensor([2, 2, 3])) },
  .init("channels_last", [[2, 3]]) { _ = try tensor([2, 3]).channelsLast() },
]

private let layerRefusals: [Refusal] = [
  .init("conv2d", [[1, 3, 8, 8], [4, 2, 3, 3]]) {
    _ = try convolution(channels: 2)(tensor([1, 3, 8, 8]), .evaluation)
  },
  .init("conv2d", [[1, 4, 8, 8], [4, 4, 3, 3]]) {
    _ = try convolution(channels: 8, groups: 2)(tensor([1, 4, 8, 8]), .evaluation)
  },
  .init("conv2d", [[1, 2, 8, 8], [4, 2, 9, 9]]) {
    try convolve([1, 2, 8, 8], [4, 2, 9, 9], stride: [1, 1], padding: [0, 0])
  },
  .init("conv2d", [[1, 2, 8, 8], [4, 2, 3, 3]]) {
    try convolve([1, 2, 8, 8], [4, 2, 3, 3], stride: [0, 1], padding: [0, 0])
  },
  .init("convolution", [[1, 2, 8, 8], [4, 2, 3, 3]]) {
    try convolve([1, 2, 8, 8], [4, 2, 3, 3], stride: [], padding: [])
  },
  .init("conv3d", [[1, 3, 4, 8, 8], [4, 2, 3, 3, 3]]) {
    let layer = try Conv3d(root() / "c", from: 2, to: 4, kernel: [3, 3, 3])
    _ = try layer(tensor([1, 3, 4, 8, 8]), .evaluation)
  },
  .init("convolution", []) { _ = try convolution(channels: 3, groups: 2) },
  .init("max_pool2d", [[2, 3]]) {
    _ = try tensor([2, 3]).maxPooled(kernel: 2, stride: 2, padding: 0, .evaluation)
  },
  .init("max_pool2d", [[1, 1, 8, 8]]) {
    _ = try tensor([1, 1, 8, 8]).maxPooled(kernel: 2, stride: 2, padding: 4, .evaluation)
  },
  .init("global_average_pool", [[2, 3]]) {
    _ = try tensor([2, 3]).globalAveragePooled(.evaluation)
  },
  .init("linear", [[2, 3], [5, 4], [5]]) {
    _ = try Linear(root() / "l", from: 4, to: 5)(tensor([2, 3]), .evaluation)
  },
  .init("batch_norm", [[2, 3, 4, 4], [5]]) {
    _ = try BatchNorm(root() / "b", channels: 5)(tensor([2, 3, 4, 4]), .training)
  },
  .init("batch_norm", [[1, 3, 1, 1], [3]]) {
    _ = try BatchNorm(root() / "b", channels: 3)(tensor([1, 3, 1, 1]), .training)
  },
  .init("cross_entropy", [[2, 3], [2, 4]]) {
    _ = try tensor([2, 3]).softmaxCrossEntropy(tensor([2, 4]))
  },
  .init("cross_entropy", [[2, 3], [1, 3]]) {
    _ = try tensor([2, 3]).softmaxCrossEntropy(tensor([1, 3]))
  },
  .init("binary_cross_entropy_with_logits", [[2, 3], [1, 3]]) {
    _ = try tensor([2, 3]).sigmoidCrossEntropy(tensor([1, 3]))
  },
  .init("parameter", []) {
    let place = try root() / "b"
    for _ in 0..<2 { _ = try BatchNorm(place, channels: 3) }
  },
]

private let contentRefusals: [Refusal] = [
  .init("copy_", [[2, 3], [3]]) { try tensor([2, 3]).copy(from: tensor([3])) },
  .init("copy_", [[2, 3], [3]]) {
    try Tensor.copyAll(from: [tensor([5]), tensor([3])], to: [tensor([5]), tensor([2, 3])])
  },
  .init("copy_", []) { try Tensor.copyAll(from: [tensor([1])], to: []) },
  .init("item", [[2, 3]]) { _ = try tensor([2, 3]).item() },
  .init("array", [[2]]) { _ = try tensor([2]).array(of: Int64.self) },
  .init("tensor", [[2, 2]]) { _ = try Tensor([1, 2, 3] as [Float], shape: [2, 2]) },
  .init("tensor", [[-1]]) { _ = try Tensor([1] as [Float], shape: [-1]) },
  .init("tensor", [[1 << 54]]) { _ = try Tensor([1] as [Float], shape: [1 << 54]) },
  .init("empty", [[2, -3]]) { _ = try Tensor.empty([2, -3]) },
  .init("empty", [[1 << 40, 1 << 40]]) { _ = try Tensor.empty([1 << 40, 1 << 40], device: .meta) },
  .init("requires_grad_", [[2]]) {
    try Tensor([1, 2] as [Int64], shape: [2]).setRequiresGradient(true)
  },
  .init("backward", [[2]]) { try tensor([2]).leaf().scaled(by: 2).backward() },
  .init("backward", [[]]) { try tensor([2]).sum().backward() },
  .init("set_num_threads", []) { try Libtorch.setThreads(0) },
  .init("normal_", [[2]]) {
    try Tensor([1, 2] as [Int64], shape: [2]).fillNormal(deviation: 1, from: .init(seed: 0))
  },
  .init("uniform_", [[2]]) { try tensor([2]).fillUniform(low: 1, high: 0, from: .init(seed: 0)) },
]
