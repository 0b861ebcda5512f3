import Crypto
public import Foundation

/// The SHA-256 of bytes and files, in lower-case hexadecimal.
public enum Checksum {
  /// The SHA-256 of `data`.
  public static func sha256(_ data: Data) -> String {
    hexadecimal(SHA256.hash(data: data))
  }

  /// The SHA-256 of `bytes`.
  public static func sha256(_ bytes: UnsafeRawBufferPointer) -> String {
    var hash = SHA256()
    hash.update(bufferPointer: bytes)
    return hexadecimal(hash.finalize())
  }

  /// The SHA-256 of the file at `path`.
  /// - Throws: `FileError` naming `path` when it cannot be read.
  public static func sha256(file path: String) throws -> String {
    let file = try MappedFile(path: path)
    return withExtendedLifetime(file) { sha256(file.bytes) }
  }

  private static func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let characters = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: characters, as: UTF8.self)
  }
}
