import Pipeline

/// The mean of a few seeds' figures, and how far it may be from the mean of very many.
public struct Interval: Codable, Equatable, Sendable {
  /// The mean.
  public let mean: Double
  /// Half of the 95 % confidence interval by Student's t; nil of a single figure.
  public let margin: Double?

  /// Of `values`; nil where there are none.
  public init?(of values: [Double]) {
    guard !values.isEmpty else { return nil }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    self.mean = mean
    guard values.count > 1 else {
      margin = nil
      return
    }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    margin = StudentT.quantile(values.count - 1) * (squares / (count - 1) / count).squareRoot()
  }
}
