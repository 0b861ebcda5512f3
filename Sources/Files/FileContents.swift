package import Foundation

/// Whole files, read while their map is held.
package enum FileContents {
  /// The bytes of the file at `path`, copied.
  package static func data(of path: String) throws -> Data {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { Data(file.bytes) }
  }

  /// The text of the file at `path`; what is not UTF-8 becomes U+FFFD.
  package static func text(of path: String) throws -> String {
    String(decoding: try data(of: path), as: UTF8.self)
  }

  /// The SHA-256 and the size of the file at `path`.
  package static func checksum(of path: String) throws -> (sha256: String, bytes: Int) {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { (Checksum.sha256(file), file.bytes.count) }
  }
}
