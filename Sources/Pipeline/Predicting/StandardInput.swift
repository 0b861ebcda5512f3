import Files
import Foundation
import ImageData
import Terminal

/// What comes from standard input: paths of pictures, or one encoded picture.
enum StandardInput {
  /// What messages call it.
  static let name = "/dev/stdin"
  private static let headBytes = 16

  /// The pictures of standard input, which is read to its end: one picture where the first bytes are a
  /// picture file's and paths are not said to be parted by zero bytes, else the pictures at the paths.
  /// - Returns: Nil where nothing comes or nothing is open there, which whoever reads it will say.
  /// - Throws: `ImageDataError` naming a line that is no path; `Stopped`.
  static func pictures(_ request: PredictionRequest) throws -> (any ImageDataset)? {
    var head: [UInt8] = []
    var picture = Data()
    var isImage = false
    var isEmpty = true
    func each(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
      let code = try readStream(
        STDIN_FILENO,
        waiting: {
          request.note("\(name) is a pipe from which nothing has come yet; waiting for it")
        }, shouldStop: { StopSignal.number != nil }
      ) { bytes in
        isEmpty = false
        if isImage {
          picture.append(contentsOf: bytes)
          return picture.count <= EncodedImage.mostFileBytes
        }
        guard head.count < headBytes else {
          try take(bytes)
          return true
        }
        head.append(contentsOf: bytes)
        guard head.count >= headBytes else { return true }
        isImage = !request.isNullSeparated && beginsLikeImage(head)
        if isImage { picture = Data(head) } else { try head.withUnsafeBytes { try take($0) } }
        return true
      }
      try StopSignal.check()
      guard code == 0 else { throw FileError("read", name, code: code) }
      if !isEmpty, head.count < headBytes { try head.withUnsafeBytes { try take($0) } }
      // What is no list is left unread.
      if isImage || isEmpty { throw NoList() }
    }
    do {
      return try ManifestDataset(
        name: "standard input", isNullSeparated: request.isNullSeparated, each)
    } catch is NoList {
      return isImage ? ImagesInMemory(.file(picture), key: name) : nil
    } catch let error as FileError where error.code == EBADF {
      return nil
    }
  }

  private struct NoList: Error {}

  /// Whether the bytes are those that a JPEG, PNG, WebP, GIF, BMP or TIFF file begins with.
  private static func beginsLikeImage(_ head: [UInt8]) -> Bool {
    let starts: [[UInt8]] = [
      [0xFF, 0xD8, 0xFF], [0x89, 0x50, 0x4E, 0x47], Array("GIF8".utf8), Array("II*\0".utf8),
      Array("MM\0*".utf8),
    ]
    if starts.contains(where: head.starts) { return true }
    // A path may begin so, but holds no zero byte.
    if head.starts(with: "BM".utf8) { return head[6..<10].allSatisfy { $0 == 0 } }
    return head.starts(with: "RIFF".utf8) && head[8...].starts(with: "WEBP".utf8)
  }
}
