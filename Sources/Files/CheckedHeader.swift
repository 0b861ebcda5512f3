/// The header of a binary file of ours, little-endian: eight letters, a version of 4 bytes, numbers, zeros,
/// and in the last eight bytes the XXH64 of all that is before them.
///
/// ```swift
/// let header = CheckedHeader(of: "score file", letters: "HALSCORE", byteCount: 64)
/// let bytes = header.encoded { $0.append(UInt64(count)) }
/// if let reason = header.refusal(of: mapped) { throw … }
/// ```
package struct CheckedHeader: Sendable {
  /// How long it is.
  package let byteCount: Int
  private let kind: String
  private let letters: [UInt8]
  private let versions: ClosedRange<UInt32>

  /// The header of a file that is a `kind`, such as "score file", and begins with `letters`, which are
  /// eight; of one of `versions`.
  package init(
    of kind: String, letters: String, versions: ClosedRange<UInt32> = 1...1, byteCount: Int
  ) {
    self.kind = kind
    self.letters = Array(letters.utf8)
    self.versions = versions
    self.byteCount = byteCount
  }

  /// The header of a file of `version`, by default the newest, with the numbers that `append` appends.
  package func encoded(
    version: UInt32? = nil, _ append: (inout ByteColumn) -> Void
  ) -> [UInt8] {
    var header = ByteColumn(letters)
    header.append(version ?? versions.upperBound)
    append(&header)
    header.pad(to: byteCount - 8)
    header.append(header.bytes.withUnsafeBytes { XXHash64.hash($0) })
    return header.bytes
  }

  /// Why the file that `bytes` are, or begin, has no such header; nil where it has.
  package func refusal(of bytes: UnsafeRawBufferPointer) -> String? {
    let name = String(decoding: letters, as: UTF8.self)
    guard bytes.prefix(8).elementsEqual(letters) else {
      return "not a \(kind) (it does not start with \(name))"
    }
    guard bytes.count >= byteCount else {
      return "\(bytes.count) bytes are too few for a \(kind)"
    }
    let version = bytes.integer(at: 8, as: UInt32.self)
    guard versions.contains(version) else {
      let known = versions.map(String.init).joined(separator: " and ")
      return "\(kind) of version \(version); this program reads \(known)"
    }
    guard Self.checksum(of: bytes, byteCount) == bytes.integer(at: byteCount - 8, as: UInt64.self)
    else { return "the header's checksum does not match" }
    return nil
  }

  /// What the last eight bytes of a header of `byteCount` bytes must be.
  package static func checksum(of bytes: UnsafeRawBufferPointer, _ byteCount: Int) -> UInt64 {
    XXHash64.hash(UnsafeRawBufferPointer(rebasing: bytes[..<(byteCount - 8)]))
  }
}
