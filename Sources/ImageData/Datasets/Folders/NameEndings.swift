/// What names end in, whatever the case: quick enough for the names of millions of files.
package struct NameEndings: Sendable {
  /// The endings in small letters.
  let texts: [String]
  private let bytes: [[UInt8]]
  /// Whether an ending's last byte is the one at this place.
  private let isLast: [Bool]

  /// Knows the endings `texts`, which are in small letters.
  package init(_ texts: [String]) {
    self.texts = texts
    bytes = texts.map { $0.utf8.reversed() }
    var isLast = [Bool](repeating: false, count: 256)
    for ending in bytes { if let last = ending.first { isLast[Int(last)] = true } }
    self.isLast = isLast
  }

  /// Whether `name` ends in one of them.
  package func end(_ name: some Collection<UInt8>) -> Bool {
    // One look at plain bytes: other modules call this for every name, by way of the protocol.
    name.withContiguousStorageIfAvailable(end) ?? Array(name).withUnsafeBufferPointer(end)
  }

  private func end(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let last = name.last, isLast[Int(Self.lowered(last))] else { return false }
    return bytes.contains { ending in
      ending.count <= name.count
        && ending.indices.allSatisfy { Self.lowered(name[name.count - 1 - $0]) == ending[$0] }
    }
  }

  /// A letter's byte as the small letter's.
  static func lowered(_ byte: UInt8) -> UInt8 {
    byte >= 65 && byte <= 90 ? byte + 32 : byte
  }
}
