/// Numbers that look random and are a function of their key.
package enum Hash {
  /// 64 bits from three numbers (the finaliser of SplitMix64, Steele et al. 2014, between them).
  package static func mix(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    finish(finish(finish(a) ^ b) ^ c)
  }

  private static func finish(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
