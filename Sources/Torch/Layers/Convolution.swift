/// A convolution over pictures [N, C, H, W]; He initialisation over the outputs unless said.
public struct Conv2d {
  /// [out, in / groups, kernel, kernel].
  public let weight: Tensor
  /// [out]; nil in a convolution without.
  public let bias: Tensor?
  /// The step between windows, and the zeros around the picture.
  public let stride, padding: Int
  /// Channels are split into so many groups that do not see each other.
  public let groups: Int

  /// A convolution `from` so many channels `to` so many. With a `start` weights begin as that
  /// says; without, as He's.
  /// - Throws: `TorchError` when the channels do not divide into the groups.
  public init(
    _ path: Path, from input: Int, to output: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    groups: Int = 1, hasBias: Bool = false, start: ParameterStore.Start? = nil,
    biasStart: ParameterStore.Start = .constant(0)
  ) throws {
    try requireGroups(groups, input, output, at: path)
    let start: ParameterStore.Start =
      start ?? .normal(deviation: (2.0 / Double(output * kernel * kernel)).squareRoot())
    weight = try path.parameter("weight", [output, input / groups, kernel, kernel], start)
    bias = hasBias ? try path.parameter("bias", [output], biasStart) : nil
    self.stride = stride
    self.padding = padding
    self.groups = groups
  }

  /// [N, in, H, W] → [N, out, H', W'].
  /// - Throws: `TorchError` when the channels do not fit.
  public func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    try convolve(
      x, weight, bias, stride: [stride, stride], padding: [padding, padding], groups: groups, pass)
  }
}

/// A convolution over clips [N, C, T, H, W], without bias; He initialisation over the outputs.
public struct Conv3d {
  /// [out, in / groups, kernel of time, of height, of width].
  public let weight: Tensor
  /// The step between windows and the zeros around the clip: time, height, width.
  public let stride, padding: [Int]
  /// Channels are split into so many groups that do not see each other.
  public let groups: Int

  /// A convolution `from` so many channels `to` so many; the arrays are time, height, width.
  /// - Throws: `TorchError` when the channels do not divide into the groups.
  public init(
    _ path: Path, from input: Int, to output: Int, kernel: [Int], stride: [Int] = [1, 1, 1],
    padding: [Int] = [0, 0, 0], groups: Int = 1
  ) throws {
    try requireGroups(groups, input, output, at: path)
    let deviation = (2.0 / Double(output * kernel.reduce(1, *))).squareRoot()
    weight = try path.parameter(
      "weight", [output, input / groups] + kernel, .normal(deviation: deviation))
    self.stride = stride
    self.padding = padding
    self.groups = groups
  }

  /// [N, in, T, H, W] → [N, out, T', H', W'].
  /// - Throws: `TorchError` when the channels do not fit.
  public func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    try convolve(x, weight, nil, stride: stride, padding: padding, groups: groups, pass)
  }
}

private func requireGroups(_ groups: Int, _ input: Int, _ output: Int, at path: Path) throws {
  guard groups > 0, input > 0, output > 0, input % groups == 0, output % groups == 0 else {
    throw TorchError(
      "convolution",
      message: "\(path.name): \(input) → \(output) channels do not divide into \(groups) groups")
  }
}

private func convolve(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: [Int], padding: [Int], groups: Int,
  _ pass: Pass
) throws -> Tensor {
  guard let trace = pass.trace else {
    return try x.convolved(
      with: weight, bias: bias, stride: stride, padding: padding, groups: groups)
  }
  let operation = "conv\(stride.count)d"
  let shape = weight.shape
  let input = x.shape
  guard input.count == shape.count, input[1] == shape[1] * groups else {
    throw TorchError(
      operation, shapes: [input, shape], message: "expected \(shape[1] * groups) channels")
  }
  return try trace.window(
    operation, x, channels: shape[0], kernel: Array(shape[2...]), stride: stride, padding: padding,
    multiplyAddsPerElement: shape[1...].reduce(1, *))
}
