import CInflate
import Files
package import Foundation
import SystemPackage

/// Files as they are or out of gzip, in memory.
package enum Gzip {
  /// The most bytes of a file: EMNIST's largest has 547 million.
  private static let mostBytes = 4 << 30

  /// The bytes of the file at `path` as they are: not mapped, which would fault when the file is cut
  /// short later.
  /// - Throws: `ImageDataError.dataset` naming `path`.
  package static func contents(of path: String) throws -> Data {
    let place = FilePath(text: path)
    let size = place.status.map { Int($0.st_size) } ?? 0
    guard size <= mostBytes else {
      throw ImageDataError.dataset(
        path: path, reason: "its \(size) bytes are more than the \(mostBytes) that are read at once"
      )
    }
    do {
      let data = try place.contents()
      guard !data.isEmpty else {
        throw ImageDataError.dataset(path: path, reason: "the file is empty")
      }
      return data
    } catch let error as FileError {
      throw ImageDataError.dataset(path: path, reason: error.reason)
    }
  }

  /// The first `count` bytes at most of what `data` inflates to.
  static func head(of data: Data, count: Int, path: String) throws -> Data {
    var out = Data(count: count)
    var got: Int64 = 0
    let status = out.withUnsafeMutableBytes { room in
      data.withUnsafeBytes { raw in
        withBase(of: raw) { base in
          room.bindMemory(to: UInt8.self).baseAddress.map {
            cinflate_gunzip_head(base, Int64(raw.count), $0, Int64(count), &got)
          } ?? Int32(CINFLATE_BAD_ARGUMENT)
        }
      }
    }
    try check(status, path: path, most: count)
    return out.prefix(Int(got))
  }

  /// All that `data` inflates to: at most `most` bytes, which a bomb of zeros would pass quickly.
  /// - Throws: `ImageDataError.dataset` naming `path`.
  static func inflate(_ data: Data, most: Int, path: String) throws -> Data {
    var out: UnsafeMutablePointer<UInt8>?
    var count: Int64 = 0
    let status = data.withUnsafeBytes { raw in
      withBase(of: raw) { cinflate_gunzip($0, Int64(raw.count), Int64(most), &out, &count) }
    }
    try check(status, path: path, most: most)
    guard let out else { return Data() }
    return Data(bytesNoCopy: out, count: Int(count), deallocator: .free)
  }

  private static func check(_ status: Int32, path: String, most: Int) throws {
    switch status {
    case Int32(CINFLATE_OK): return
    case Int32(CINFLATE_NO_MEMORY):
      throw ImageDataError.dataset(path: path, reason: "no memory to inflate it")
    case Int32(CINFLATE_TOO_LARGE):
      throw ImageDataError.dataset(path: path, reason: "it inflates to more than \(most) bytes")
    default:
      throw ImageDataError.dataset(path: path, reason: "the gzip data is truncated or broken")
    }
  }
}
