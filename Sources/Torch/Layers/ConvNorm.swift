/// A convolution and its batch normalisation, then an addition and an activation where asked for.
///
/// For inference `fold(precision:)` turns the normalisation into the convolution's weights and bias,
/// and the whole runs as one kernel, which gradients do not flow through. `fold(to:)` makes that kernel
/// one of bytes, once `observe(in:)` and a few passes have told which numbers there are.
public final class ConvNorm {
  /// The convolution's name.
  public let name: String
  /// The convolution.
  public let convolution: Conv2d
  /// The normalisation after it.
  public let norm: BatchNorm
  private var folded: Folded?

  /// What evaluation passes run.
  private enum Folded {
    case floats(FusedConvolution)
    case observed(FusedConvolution, RangeObserver)
    case bytes(QuantizedConvolution)
  }

  /// A convolution named `convolution`, begun as `start` says or by He's and without bias unless asked for
  /// (VGG's have one), followed by a normalisation named `norm`, whose weights begin at `scale`.
  /// - Throws: `TorchError`.
  public init(
    _ convolutionPath: Path, _ normPath: Path, from input: Int, to output: Int, kernel: Int,
    stride: Int = 1, groups: Int = 1, hasBias: Bool = false, epsilon: Double = 1e-5,
    scale: Double = 1, start: ParameterStore.Start? = nil
  ) throws {
    name = convolutionPath.name
    convolution = try Conv2d(
      convolutionPath, from: input, to: output, kernel: kernel, stride: stride,
      padding: kernel / 2, groups: groups, hasBias: hasBias, start: start)
    norm = try BatchNorm(normPath, channels: output, epsilon: epsilon, scale: scale)
  }

  /// norm(conv(x)), plus `residual`, then `activation`. A residual's memory may be used for the result.
  /// - Throws: `TorchError` when shapes do not fit.
  public func callAsFunction(
    _ x: Tensor, _ pass: Pass, adding residual: Tensor? = nil, activation: Activation? = .relu
  ) throws -> Tensor {
    if let folded, pass.mode == .evaluation, pass.trace == nil {
      return try run(folded, x, adding: residual, activation: activation)
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

  private func run(
    _ folded: Folded, _ x: Tensor, adding residual: Tensor?, activation: Activation?
  ) throws -> Tensor {
    switch folded {
    case .floats(let convolution):
      let dtype = convolution.dtype
      return try convolution(
        x.floating(dtype), adding: residual?.floating(dtype), activation: activation)
    case .observed(let convolution, let observer):
      try observer.note(input: x)
      let y = try convolution(
        x.floating(convolution.dtype), adding: residual?.floating(convolution.dtype),
        activation: activation)
      return try observer.note(output: y)
    case .bytes(let convolution):
      return try convolution(x, adding: residual, activation: activation)
    }
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

  /// Prepares evaluation passes to run as one kernel each, in `precision`, float32 or bf16.
  ///
  /// The weights are copied: fold again after training has changed them.
  /// - Throws: `TorchError`.
  public func fold(precision: Precision) throws {
    folded = .floats(try FusedConvolution(convolution, norm, precision: precision))
  }

  /// The same, and has evaluation passes note which numbers this layer sees and makes.
  /// - Throws: `TorchError`.
  public func observe(in precision: Precision) throws {
    folded = .observed(
      try FusedConvolution(convolution, norm, precision: precision), RangeObserver())
  }

  /// What was noted since `observe(in:)`; nil without.
  /// - Throws: `TorchError` where there were no finite numbers.
  func observedRanges() throws -> ActivationRanges.Layer? {
    guard case .observed(_, let observer) = folded else { return nil }
    return try observer.ranges(of: name)
  }

  /// Prepares evaluation passes to run as one kernel of bytes each.
  /// - Throws: `TorchError` where `ranges` has none of this layer, or ones that are none.
  public func fold(to ranges: ActivationRanges) throws {
    guard let layer = ranges.layers[name] else {
      throw TorchError("calibrate", message: "there are no ranges of \(name)")
    }
    guard ([layer.output] + (layer.input ?? [])).allSatisfy(\.isRange) else {
      throw TorchError("calibrate", message: "the ranges of \(name) are none: \(layer)")
    }
    folded = .bytes(try QuantizedConvolution(convolution, norm, layer))
  }

  /// Goes back to the separate layers.
  public func unfold() { folded = nil }
}

extension Collection<ConvNorm> {
  /// Prepares all of them for evaluation passes in `precision`, or none where one cannot be.
  /// - Throws: `TorchError`.
  public func fold(precision: Precision) throws {
    try forAll { try $0.fold(precision: precision) }
  }

  /// Prepares all of them for evaluation passes that note which numbers there are, or none.
  /// - Throws: `TorchError`.
  public func observe(in precision: Precision) throws {
    try forAll { try $0.observe(in: precision) }
  }

  /// What was noted since.
  /// - Throws: `TorchError` where there were no finite numbers.
  public func observedRanges() throws -> ActivationRanges {
    var ranges = ActivationRanges(layers: [:])
    for layer in self { ranges.layers[layer.name] = try layer.observedRanges() }
    return ranges
  }

  /// Prepares all of them for evaluation passes in bytes, or none.
  /// - Throws: `TorchError`.
  public func fold(to ranges: ActivationRanges) throws {
    try forAll { try $0.fold(to: ranges) }
  }

  /// Goes back to the separate layers.
  public func unfold() {
    for layer in self { layer.unfold() }
  }

  private func forAll(_ prepare: (ConvNorm) throws -> Void) throws {
    do {
      for layer in self { try prepare(layer) }
    } catch {
      unfold()
      throw error
    }
  }
}
