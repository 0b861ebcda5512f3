import CTorch

/// How often which numbers occur, to the nearest bfloat16: what a range is chosen by.
final class ValueCounts {
  private(set) var counts = [Int64](repeating: 0, count: 1 << 16)

  /// Counts the elements of `tensor`, float32 or bfloat16 on the CPU.
  func add(_ tensor: Tensor) throws {
    try check("count values", [tensor], ctorch_count_values(tensor.handle, &counts))
  }

  /// The range whose 255 steps have the smallest mean squared error over what was counted; nil where some
  /// of it were no finite numbers, or nothing was counted.
  ///
  /// Both ends are moved towards 0 together, in hundredths of the largest: a wider range cuts off less and
  /// has larger steps.
  func bestRange() -> ValueRange? {
    var values: [(value: Double, count: Double)] = []
    var range = ValueRange(low: 0, high: 0)
    for (bits, count) in counts.enumerated() where count > 0 {
      let value = Float(bitPattern: UInt32(bits) << 16)
      guard value.isFinite else { return nil }
      range.low = min(range.low, value)
      range.high = max(range.high, value)
      values.append((Double(value), Double(count)))
    }
    guard !values.isEmpty else { return nil }
    var best = range
    var least = Double.infinity
    for part in stride(from: Float(1), to: 0.2, by: -0.01) {
      let candidate = ValueRange(low: range.low * part, high: range.high * part)
      let error = Self.error(of: Quantization(candidate), over: values, below: least)
      if error < least { (best, least) = (candidate, error) }
    }
    return best
  }

  /// The sum of squared errors; once it is above `most` only so much of it.
  private static func error(
    of quantization: Quantization, over values: [(value: Double, count: Double)], below most: Double
  ) -> Double {
    let step = Double(quantization.scale)
    let range = quantization.range
    let (low, high) = (Double(range.low), Double(range.high))
    // Numbers far from 0 are so far apart in bfloat16 that each stands for a whole step or more of them.
    let isCoarse = 32 * step
    var sum = 0.0
    for (value, count) in values {
      let error: Double
      if value < low || value > high {
        error = value < low ? low - value : value - high
      } else if abs(value) < isCoarse {
        error = value - (value / step).rounded() * step
      } else {
        sum += count * step * step / 12
        continue
      }
      sum += count * error * error
      if sum > most { break }
    }
    return sum
  }
}
