import Copies
import Files
import Foundation
import ImageData

/// Contents files, in order and by position, their checksums made right first.
func fuzzContents(_ data: Data) {
  var bytes = [UInt8](data)
  if bytes.count >= 64 {
    put(bytes[..<56].withUnsafeBytes { XXHash64.hash($0) }, in: &bytes, at: 56)
    let rows = Int(number(bytes, at: 8) >> 32)
    var left = Int(clamping: number(bytes, at: 16))
    var start = 64
    var block: UInt64 = 0
    while left > 0, rows > 0 {
      let end = start + 56 * min(rows, left)
      guard end + 8 <= bytes.count else { break }
      put(
        bytes[start..<end].withUnsafeBytes { XXHash64.hash($0, seed: block) }, in: &bytes, at: end)
      left -= rows
      start = end + 8
      block += 1
    }
  }
  withFile(Data(bytes)) { path in
    guard let file = try? ContentsFileReader(path: path) else { return }
    var seen: [ImageContents] = []
    try? file.forEach { position, contents in
      precondition(position == seen.count, "picture \(position) comes after \(seen.count)")
      seen.append(contents)
    }
    for position in [0, file.count / 2, file.count - 1, file.count] {
      guard let contents = try? file.contents(at: position) else { continue }
      precondition(seen.count <= position || seen[position] == contents)
    }
  }
}
