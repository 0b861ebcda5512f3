public import Torch

/// A network's convolutions with their batch norms, separate or folded, and in which precision what
/// lies before the last layer runs.
public final class FoldableLayers {
  private let layers: [ConvNorm]
  private var foldedPrecision: Precision?

  /// All of a network's, separate at first.
  init(_ layers: [ConvNorm]) { self.layers = layers }

  /// What `body` makes of the pictures, in float32: it runs in the precision of the folded layers where
  /// there are some to use, else in that of the pass.
  func features(
    of pictures: Tensor, _ pass: Pass, on device: Device, _ body: (Tensor) throws -> Tensor
  ) throws -> Tensor {
    guard pass.mode == .evaluation, pass.trace == nil, let folded = foldedPrecision else {
      return try withAutocast(pass.precision, on: device) { try body(pictures) }.to(.float32)
    }
    func run(_ pictures: Tensor) throws -> Tensor {
      try withAutocast(folded, on: device) {
        try body(folded == .bf16 ? pictures.to(.bfloat16) : pictures)
      }.to(.float32)
    }
    let shape = pictures.shape
    guard device == .cpu, let rows = Self.rowsAtOnce(of: shape) else { return try run(pictures) }
    return try Tensor.concatenated(
      stride(from: 0, to: shape[0], by: rows).map {
        try run(pictures.narrowed(axis: 0, to: $0..<$0 + rows))
      })
  }

  /// How many pictures go through all layers before the next ones do: as many as leave what one layer makes
  /// in a processor's caches for the next layer, and divide the batch; nil for all of it.
  private static func rowsAtOnce(of shape: [Int]) -> Int? {
    guard shape.count == 4, shape[2] * shape[3] > 0 else { return nil }
    let most = max(1, pixelsAtOnce / (shape[2] * shape[3]))
    guard shape[0] > most else { return nil }
    // Of a prime number of pictures, one at a time is too few.
    return stride(from: most, to: most / 2, by: -1).first { shape[0] % $0 == 0 }
  }

  /// 8 pictures of ImageNet's size.
  private static let pixelsAtOnce = 8 * 224 * 224

  /// The name of the convolution that sees the pictures.
  public var first: String { layers.first?.name ?? "" }

  /// Prepares evaluation passes to note which numbers the layers see and make.
  /// - Throws: `TorchError`.
  public func observe() throws {
    foldedPrecision = nil
    let precision = Precision.int8.rest
    try layers.observe(in: precision)
    foldedPrecision = precision
  }

  /// What was noted since `observe()`.
  /// - Throws: `TorchError` where there were no finite numbers.
  public func observedRanges() throws -> ActivationRanges { try layers.observedRanges() }

  /// Prepares evaluation passes in int8, or none where one cannot be.
  /// - Throws: `TorchError`.
  public func fold(to ranges: ActivationRanges) throws {
    foldedPrecision = nil
    try layers.fold(to: ranges)
    foldedPrecision = .int8
  }

  /// Prepares evaluation passes in `precision`, or none where one cannot be.
  /// - Throws: `TorchError`.
  public func fold(precision: Precision) throws {
    foldedPrecision = nil
    try layers.fold(precision: precision)
    foldedPrecision = precision
  }

  /// Goes back to the separate layers.
  public func unfold() {
    layers.unfold()
    foldedPrecision = nil
  }
}
