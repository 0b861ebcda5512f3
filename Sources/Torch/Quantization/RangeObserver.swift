/// Notes what a convolution sees and makes, over all passes that it watches.
final class RangeObserver {
  private let input = ValueCounts()
  private let output = ValueCounts()
  private var hasInput = false

  /// Numbers that come from an observed layer: its bytes would be what this one sees.
  private static let observed = Quantization(ValueRange(low: 0, high: 255))

  func note(input x: Tensor) throws {
    guard x.quantization == nil else { return }
    hasInput = true
    try input.add(x)
  }

  func note(output y: Tensor) throws -> Tensor {
    try output.add(y)
    return y.standing(for: Self.observed)
  }

  /// - Throws: `TorchError` where there are no finite numbers to choose a range by.
  func ranges(of layer: String) throws -> ActivationRanges.Layer {
    guard let made = output.bestRange() else {
      throw TorchError("calibrate", message: "\(layer) has made no finite numbers")
    }
    guard hasInput else { return ActivationRanges.Layer(output: made) }
    guard let seen = input.bestRange() else {
      throw TorchError("calibrate", message: "\(layer) has seen no finite numbers")
    }
    return ActivationRanges.Layer(input: [seen], output: made)
  }
}
