import Files

/// Numbers that look random and are a function of their key.
package enum Hash {
  /// 64 bits from three numbers: SplitMix64's next one of each, between them.
  package static func mix(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    next(next(next(a) ^ b) ^ c)
  }

  private static func next(_ state: UInt64) -> UInt64 {
    SplitMix64.finalized(state &+ SplitMix64.increment)
  }
}
