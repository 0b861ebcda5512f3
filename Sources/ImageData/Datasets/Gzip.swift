import CImage
import Foundation

/// Files as they are or out of gzip, in memory.
enum Gzip {
  private static let mostBytes = 1 << 36

  /// The bytes of the file at `path`, inflated when its name ends in `.gz`.
  /// - Throws: `ImageDataError.dataset` naming `path`.
  static func read(_ path: String) throws -> Data {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    } catch {
      throw ImageDataError.dataset(path: path, reason: error.localizedDescription)
    }
    return path.hasSuffix(".gz") ? try inflate(data, path: path) : data
  }

  /// Inflates all gzip members of `data`.
  static func inflate(_ data: Data, path: String) throws -> Data {
    var out: UnsafeMutablePointer<UInt8>?
    var count: Int64 = 0
    let status = data.withUnsafeBytes { raw in
      guard let base = raw.bindMemory(to: UInt8.self).baseAddress else {
        return Int32(CIMAGE_CORRUPT)
      }
      return cimage_gunzip(base, Int64(raw.count), Int64(mostBytes), &out, &count)
    }
    guard status == Int32(CIMAGE_OK), let out else {
      throw ImageDataError.dataset(path: path, reason: "the gzip data is truncated or broken")
    }
    return Data(bytesNoCopy: out, count: Int(count), deallocator: .free)
  }
}
