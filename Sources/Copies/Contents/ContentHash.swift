import Crypto
public import Foundation

/// The SHA-256 of a picture's encoded bytes, or of its pixels where it has no file of its own.
///
/// Two samples with one hash are the same picture: copies inside a data set, or a test picture that
/// lies in the unlabelled one.
public struct ContentHash: Hashable, Sendable, Comparable {
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// Hashes `data`.
  public init(of data: Data) {
    var hash = SHA256()
    data.withUnsafeBytes { hash.update(bufferPointer: $0) }
    words = hash.finalize().withUnsafeBytes { Self.words(of: $0) }
  }

  /// The hash whose 32 bytes are `bytes`, or nil when there are not 32 of them.
  public init?(bytes: some Collection<UInt8>) {
    let copy = Array(bytes)
    guard copy.count == 32 else { return nil }
    words = copy.withUnsafeBytes { Self.words(of: $0) }
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
    }
  }

  /// The first 16 bytes.
  public var prefix: Prefix {
    Prefix(first: words.0.byteSwapped, second: words.1.byteSwapped)
  }

  /// Whether all four words are equal.
  public static func == (left: Self, right: Self) -> Bool {
    left.words == right.words
  }

  /// The order of the bytes.
  public static func < (left: Self, right: Self) -> Bool {
    left.words < right.words
  }

  /// Feeds the first word, which is as good as random already.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
  }

  private static func words(of bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64, UInt64, UInt64) {
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
    }
    return (word(0), word(1), word(2), word(3))
  }
}

extension ContentHash: CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  public var description: String {
    let digits = Array("0123456789abcdef".utf8)
    let text = bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }
}
