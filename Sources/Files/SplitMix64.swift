/// The finaliser of SplitMix64 (Steele, Lea, Flood, doi:10.1145/2660193.2660195).
package enum SplitMix64 {
  /// What the generator's state grows by from one number to the next.
  package static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// A bijection of 64-bit integers in which every bit depends on every bit.
  @inlinable
  package static func finalized(_ value: UInt64) -> UInt64 {
    var z = value
    z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }
}
