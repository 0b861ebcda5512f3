import CTorch

/// A convolution and its batch normalisation, then an addition and an activation where asked for.
///
/// For inference `fold(precision:)` turns the normalisation into the convolution's weights and bias,
/// and the whole runs as one kernel, which gradients do not flow through.
public final class ConvNorm {
  /// The convolution.
  public let convolution: Conv2d
  /// The normalisation after it.
  public let norm: BatchNorm
  private var fused: FusedConvolution?

  /// A convolution named `convolution`, begun as `start` says or by He's, followed by a normalisation
  /// named `norm`, whose weights begin at `scale`.
  /// - Throws: `TorchError`.
  public init(
    _ convolutionPath: Path, _ normPath: Path, from input: Int, to output: Int, kernel: Int,
    stride: Int = 1, groups: Int = 1, epsilon: Double = 1e-5, scale: Double = 1,
    start: ParameterStore.Start? = nil
  ) throws {
    convolution = try Conv2d(
      convolutionPath, from: input, to: output, kernel: kernel, stride: stride,
      padding: kernel / 2, groups: groups, start: start)
    norm = try BatchNorm(normPath, channels: output, epsilon: epsilon, scale: scale)
  }

  /// norm(conv(x)), plus `residual`, then `activation`. A residual's memory may be used for the result.
  /// - Throws: `TorchError` when shapes do not fit.
  public func callAsFunction(
    _ x: Tensor, _ pass: Pass, adding residual: Tensor? = nil, activation: Activation? = .relu
  ) throws -> Tensor {
    if let fused, pass.mode == .evaluation, pass.trace == nil {
      return try fused(x, adding: residual, activation: activation)
    }
    let y = try norm(convolution(x, pass), pass)
    // The sum and ReLU need no memory of their own.
    if let residual, pass.trace == nil { try y.addInPlace(residual) }
    guard activation == .relu else {
      return try activation.map { try y.activated(by: $0, pass) } ?? y
    }
    if pass.trace == nil { try y.reluInPlace() }
    return y
  }

  /// x + norm(conv(y)), then `activation`: the end of a residual block, whose branch may be left out.
  /// - Throws: `TorchError` when shapes do not fit.
  public func endBranch(
    _ y: Tensor, addedTo x: Tensor, at place: BlockPlace, _ pass: Pass,
    activation: Activation? = .relu
  ) throws -> Tensor {
    guard pass.dropPath != nil else {
      return try self(y, pass, adding: x, activation: activation)
    }
    let branch = try self(y, pass, activation: nil).droppingPath(at: place, pass)
    let sum = try branch.adding(x)
    return try activation.map { try sum.activated(by: $0, pass) } ?? sum
  }

  /// Prepares evaluation passes to run as one kernel each, in `precision`.
  ///
  /// The weights are copied: fold again after training has changed them.
  /// - Throws: `TorchError`.
  public func fold(precision: Precision) throws {
    fused = try FusedConvolution(convolution, norm, precision: precision)
  }

  /// Goes back to the separate layers.
  public func unfold() { fused = nil }
}

extension Collection<ConvNorm> {
  /// Prepares all of them for evaluation passes in `precision`, or none where one cannot be.
  /// - Throws: `TorchError`.
  public func fold(precision: Precision) throws {
    do {
      for layer in self { try layer.fold(precision: precision) }
    } catch {
      unfold()
      throw error
    }
  }

  /// Goes back to the separate layers.
  public func unfold() {
    for layer in self { layer.unfold() }
  }
}

/// A convolution with a folded batch norm that adds and activates in the same kernel where there is one.
final class FusedConvolution {
  private let weight, bias: Tensor
  private let stride, padding: [Int64]
  private let groups: Int64
  private var packed: (shape: [Int], weight: Tensor)?
  private let packs: Bool

  init(_ convolution: Conv2d, _ norm: BatchNorm, precision: Precision) throws {
    let dtype: DType = precision == .bf16 ? .bfloat16 : .float32
    (weight, bias) = try withoutGradients {
      let deviation = try norm.runningVariance.scaled(by: 1, plus: norm.epsilon).squareRoot()
      let scale = try norm.weight.divided(by: deviation)
      let folded = try convolution.weight.multiplied(by: scale.reshaped(to: [-1, 1, 1, 1]))
      let shift = try norm.bias.subtracting(norm.runningMean.multiplied(by: scale))
      return (try folded.to(dtype).channelsLast().detached(), try shift.to(dtype).detached())
    }
    stride = [Int64](repeating: Int64(convolution.stride), count: 2)
    padding = [Int64](repeating: Int64(convolution.padding), count: 2)
    groups = Int64(convolution.groups)
    packs = weight.device == .cpu && (precision == .float32 || CPU.packsBFloat16)
  }

  func callAsFunction(
    _ x: Tensor, adding residual: Tensor?, activation: Activation?
  ) throws -> Tensor {
    let shape = x.shape
    guard shape.count == 4, shape[1] == self.weight.shape[1] * Int(groups) else {
      throw TorchError(
        "conv2d", shapes: [shape, self.weight.shape],
        message: "expected pictures of \(self.weight.shape[1] * Int(groups)) channels")
    }
    let weight = packs ? try packedWeight(for: shape) : self.weight
    return try withExtendedLifetime((weight, bias)) {
      try make("conv2d", [x, self.weight] + (residual.map { [$0] } ?? [])) {
        ctorch_fused_convolution(
          x.handle, weight.handle, packs, bias.handle, residual?.handle,
          activation?.code ?? Int32(CTORCH_NO_ACTIVATION), stride, padding, groups, $0)
      }
    }
  }

  /// The weight in the layout that oneDNN wants for pictures of this shape.
  private func packedWeight(for shape: [Int]) throws -> Tensor {
    if let packed, packed.shape == shape { return packed.weight }
    let weight = try make("reorder_conv2d_weight", [self.weight]) {
      ctorch_pack_convolution(self.weight.handle, stride, padding, groups, shape.wide, $0)
    }
    packed = (shape, weight)
    return weight
  }
}
