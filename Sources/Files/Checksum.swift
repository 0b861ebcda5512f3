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

  /// The SHA-256 of the file at `path`, which is read a megabyte at a time.
  /// - Throws: `FileError` naming `path` when it cannot be read.
  public static func sha256(file path: String) throws -> String {
    try sha256(PositionedFile(path: path))
  }

  /// The SHA-256 of the bytes that `file` had when it was opened.
  /// - Throws: `FileError` naming the file when it cannot be read.
  public static func sha256(_ file: PositionedFile) throws -> String {
    file.expectSequentialReading()
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, min(file.byteCount, 1 << 20)), alignment: 64)
    defer { buffer.deallocate() }
    var hash = SHA256()
    for offset in stride(from: 0, to: file.byteCount, by: buffer.count) {
      let bytes = UnsafeMutableRawBufferPointer(
        rebasing: buffer[..<min(buffer.count, file.byteCount - offset)])
      try file.read(bytes, at: offset)
      hash.update(bufferPointer: UnsafeRawBufferPointer(bytes))
    }
    return hexadecimal(hash.finalize())
  }

  /// The SHA-256 of a mapped file, of which 4 MB are in memory at a time.
  public static func sha256(_ file: MappedFile) -> String {
    var hash = SHA256()
    let step = 1 << 22
    for offset in stride(from: 0, to: file.bytes.count, by: step) {
      let end = min(offset + step, file.bytes.count)
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: file.bytes[offset..<end]))
      file.forgetPages()
    }
    return hexadecimal(hash.finalize())
  }

  private static func hexadecimal(_ digest: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    let characters = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: characters, as: UTF8.self)
  }
}
