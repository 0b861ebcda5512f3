import Torch

/// The block of mobile networks (Sandler et al., arXiv:1801.04381): a 1×1 convolution into many channels,
/// a depthwise one, and a 1×1 convolution back into few, with squeeze and excitation before it; x is
/// added where the shape stays. Without the first it is a depthwise separable convolution.
struct InvertedResidual {
  /// What distinguishes one block from another.
  struct Shape: Sendable {
    /// The channels of the depthwise convolution; nil where no convolution widens the input.
    var expanded: Int?
    /// The channels that come out.
    var output: Int
    /// The side and the step of the depthwise convolution's windows.
    var kernel = 3, stride = 1
    /// The function after each convolution but the last.
    var activation = Activation.relu
    /// The narrow middle of squeeze and excitation; nil without.
    var reduced: Int?
    /// Its two functions.
    var reducedActivation = Activation.relu, gate = Activation.sigmoid
  }

  private let place: BlockPlace
  private let activation: Activation
  private let widening: ConvNorm?
  private let depthwise, narrowing: ConvNorm
  private let excitation: SqueezeExcitation?
  private let isResidual: Bool

  init(_ path: Path, _ shape: Shape, from input: Int, at place: BlockPlace) throws {
    self.place = place
    activation = shape.activation
    let middle = shape.expanded ?? input
    // Norms are numbered in their order, and the last 1×1 convolution is `pwl` behind a `pw`.
    var norms = 0
    func norm() -> Path {
      norms += 1
      return path / "bn\(norms)"
    }
    widening = try shape.expanded.map {
      try ConvNorm(path / "conv_pw", norm(), from: input, to: $0, kernel: 1)
    }
    let area = Double(shape.kernel * shape.kernel)
    depthwise = try ConvNorm(
      path / "conv_dw", norm(), from: middle, to: middle, kernel: shape.kernel,
      stride: shape.stride, groups: middle, start: .normal(deviation: (2 / area).squareRoot()))
    excitation = try shape.reduced.map {
      try SqueezeExcitation(
        path / "se" / "conv_reduce", path / "se" / "conv_expand", channels: middle, reduced: $0,
        activation: shape.reducedActivation, gate: shape.gate)
    }
    narrowing = try ConvNorm(
      path / (shape.expanded == nil ? "conv_pw" : "conv_pwl"), norm(), from: middle,
      to: shape.output, kernel: 1)
    isResidual = shape.stride == 1 && input == shape.output
  }

  var layers: [ConvNorm] { (widening.map { [$0] } ?? []) + [depthwise, narrowing] }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    var y = try widening?(x, pass, activation: activation) ?? x
    y = try depthwise(y, pass, activation: activation)
    y = try excitation?(y, pass) ?? y
    guard isResidual else { return try narrowing(y, pass, activation: nil) }
    return try narrowing.endBranch(y, addedTo: x, at: place, pass, activation: nil)
  }
}

/// The stages of a mobile network, each a row of blocks named `blocks.STAGE.INDEX`.
struct InvertedResiduals {
  /// The channels that come out.
  let channels: Int
  let blocks: [InvertedResidual]

  /// `others` are the blocks beside these that timm counts where it spreads drop path over them.
  init(
    _ path: Path, _ stages: [[InvertedResidual.Shape]], from input: Int, others: Int = 0
  ) throws {
    var channels = input
    var blocks: [InvertedResidual] = []
    // timm's rate goes to the block after the last.
    let count = stages.reduce(0) { $0 + $1.count } + others + 1
    for (stage, shapes) in stages.enumerated() {
      for (index, shape) in shapes.enumerated() {
        blocks.append(
          try InvertedResidual(
            path / stage / index, shape, from: channels, at: BlockPlace(blocks.count, of: count)))
        channels = shape.output
      }
    }
    self.channels = channels
    self.blocks = blocks
  }

  var layers: [ConvNorm] { blocks.flatMap(\.layers) }

  func callAsFunction(_ x: Tensor, _ pass: Pass) throws -> Tensor {
    try blocks.reduce(x) { try $1($0, pass) }
  }
}

/// The multiple of 8 that is nearest to `channels` and not below nine tenths of it.
func roundedChannels(_ channels: Double) -> Int {
  let nearest = max(8, Int(channels + 4) / 8 * 8)
  return Double(nearest) < 0.9 * channels ? nearest + 8 : nearest
}
