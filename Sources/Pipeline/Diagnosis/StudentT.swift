/// Student's t, for means of a few values.
package enum StudentT {
  /// The 0.975 quantile with so many degrees of freedom (from 1 on), which 97.5 % of its values are under.
  package static func quantile(_ freedom: Int) -> Double {
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
