import CXXHash

/// XXH64, a fast 64-bit checksum against torn and flipped bytes; no protection against intent.
///
/// ```swift
/// let checksum = XXHash64.hash(bytes)
/// var running = XXHash64()          // the same of bytes that come in pieces of any size
/// for piece in pieces { running.update(piece) }
/// let same = running.value
/// ```
/// By libxxhash (Collet, "XXHash fast digest algorithm", 0.1.1).
/// - Complexity: O(bytes), 32 bytes in four independent lanes a step.
public struct XXHash64: Sendable {
  private var running: cxxhash_running

  /// Begins the checksum of bytes that come in pieces.
  public init(seed: UInt64 = 0) { running = cxxhash_begin(seed) }

  /// The checksum of `bytes`.
  public static func hash(_ bytes: UnsafeRawBufferPointer, seed: UInt64 = 0) -> UInt64 {
    cxxhash_hash(bytes.baseAddress, bytes.count, seed)
  }

  /// Takes the next bytes into account.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) {
    cxxhash_update(&running, bytes.baseAddress, bytes.count)
  }

  /// The checksum of all bytes that came.
  public var value: UInt64 {
    var running = running
    return cxxhash_value(&running)
  }
}
