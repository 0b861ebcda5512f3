import Files
import Foundation

/// One axis of a chart: its range, its ticks and how its values are written.
package struct ChartAxis {
  /// What it measures, with its unit.
  package var label: String
  /// The values at its two ends.
  package private(set) var range: ClosedRange<Double>
  /// Where it is labelled.
  package private(set) var ticks: [Double]
  /// How a value is written.
  package var format: (Double) -> String
  private let isLogarithmic: Bool

  /// An axis over `range`, stretched to round numbers unless `isExact`.
  package static func linear(
    _ label: String, _ range: ClosedRange<Double>, ticks count: Int = 4, isExact: Bool = false,
    format: @escaping (Double) -> String = ChartAxis.short
  ) -> ChartAxis {
    let low = range.lowerBound
    let high = range.upperBound > low ? range.upperBound : low + max(1, abs(low))
    let step = roundStep((high - low) / Double(count))
    let first = isExact ? low : (low / step).rounded(.down) * step
    let last = isExact ? high : (high / step).rounded(.up) * step
    let begin = (first / step).rounded(.up)
    let ticks = stride(from: 0.0, through: Double(2 * count + 2), by: 1).map { (begin + $0) * step }
      .filter { $0 <= last + step * 1e-9 }
    return ChartAxis(
      label: label, range: first...last, ticks: ticks, format: format, isLogarithmic: false)
  }

  /// An axis whose equal distances are equal ratios, over a range above 0.
  package static func logarithmic(
    _ label: String, _ range: ClosedRange<Double>, isExact: Bool = false,
    format: @escaping (Double) -> String = ChartAxis.short
  ) -> ChartAxis {
    // A value that never changes stands in the middle.
    let isConstant = range.lowerBound == range.upperBound && !isExact
    let low = isConstant ? range.lowerBound / 10 : range.lowerBound
    let high =
      isConstant
      ? range.upperBound * 10 : range.upperBound > low ? range.upperBound : low * 10
    let (first, last) = (log10(low).rounded(.down), log10(high).rounded(.up))
    let exponents = stride(from: first, through: last, by: 1)
    // With few decades the twos and fives between them, with many not every one.
    let decades = last - first
    let factors = decades <= 1 ? [1.0, 2, 5] : decades <= 2 ? [1, 3] : [1]
    let every = max(1, (decades / 5).rounded(.up))
    let all = exponents.filter { ($0 - first).truncatingRemainder(dividingBy: every) == 0 }
      .flatMap { exponent in factors.map { $0 * pow(10, exponent) } }
    let range =
      isExact ? low...high : (all.last { $0 <= low } ?? low)...(all.first { $0 >= high } ?? high)
    return ChartAxis(
      label: label, range: range,
      ticks: all.filter { $0 >= range.lowerBound * 0.999 && $0 <= range.upperBound * 1.001 },
      format: format, isLogarithmic: true)
  }

  /// How far along the axis a value is, from 0 to 1.
  package func share(_ value: Double) -> Double {
    let (low, high) = (range.lowerBound, range.upperBound)
    return isLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
  }

  /// Whether the axis has a place for the value.
  package func contains(_ value: Double) -> Bool {
    let slack = (range.upperBound - range.lowerBound) * 1e-9
    return value >= range.lowerBound - slack && value <= range.upperBound + slack
  }

  /// A step of 1, 2 or 5 times a power of ten, at least `rough`.
  private static func roundStep(_ rough: Double) -> Double {
    let power = pow(10, log10(rough).rounded(.down))
    return [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999 } ?? 10 * power
  }

  /// A value in few characters: 1e-5, 0.05, 250, 12k, 1.5M.
  package static func short(_ value: Double) -> String {
    for (size, unit) in [(1e9, "G"), (1e6, "M"), (1e3, "k")] where abs(value) >= size {
      return Format.significant(value / size, 3) + unit
    }
    // 1e-05 takes more room than it says.
    return value == 0 ? "0" : Format.significant(value, 3).replacing("e-0", with: "e-")
  }
}
