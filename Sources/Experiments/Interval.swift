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
    margin = Self.t(values.count - 1) * (squares / (count - 1) / count).squareRoot()
  }

  /// The 0.975 quantile of Student's t with so many degrees of freedom, which 97.5 % of its values are under.
  private static func t(_ freedom: Int) -> Double {
    let table = [
      12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622, 2.2281,
      2.2010, 2.1788, 2.1604, 2.1448, 2.1314, 2.1199, 2.1098, 2.1009, 2.0930, 2.0860,
    ]
    guard freedom > table.count else { return table[freedom - 1] }
    // Cornish and Fisher's expansion around the normal quantile: right to three digits from here on.
    let z = 1.959964
    let n = Double(freedom)
    return z + (z * z * z + z) / (4 * n)
      + (5 * z * z * z * z * z + 16 * z * z * z + 3 * z) / (96 * n * n)
  }
}
