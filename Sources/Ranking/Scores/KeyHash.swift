import Files

/// The 64-bit hash of a sample's key that breaks ties between equal scores.
///
/// FNV-1a with 64 bits over the key's UTF-8 bytes, then the finaliser of SplitMix64, which makes
/// every bit depend on every byte: the order of hashes has nothing to do with the order of keys, so
/// a tie favours no shard. The function is part of the file formats and never changes.
///
/// Sources: Fowler, Noll, Vo, RFC 9923; Steele, Lea, Flood, doi:10.1145/2660193.2660195.
public enum KeyHash {
  /// The hash of `key`.
  /// - Complexity: O(bytes of `key`).
  public static func hash(of key: String) -> UInt64 {
    SplitMix64.finalized(fnv1a(key.utf8))
  }

  /// FNV-1a of `bytes`.
  static func fnv1a(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes {
      hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
    return hash
  }
}
