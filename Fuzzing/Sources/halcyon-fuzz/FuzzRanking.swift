import Files
import Foundation
import Ranking

/// Score files. The checksums of an input are made right first: what they would catch is tested
/// elsewhere, and what a reader does behind them is what a fuzzer is for.
func fuzzScores(_ data: Data) {
  withFile(mendingHeader(of: data)) { path in
    guard let file = try? ScoreFileReader(path: path) else { return }
    for index in 0..<min(file.blockCount, 4) {
      guard let block = try? file.block(index) else { continue }
      for row in 0..<min(block.count, 8) {
        _ = block.keyHash(at: row)
        for column in 0..<min(file.classesPerSample, 8) {
          _ = block.class(at: row, column: column)
          _ = block.score(at: row, column: column)
        }
      }
    }
    _ = try? file.entries(at: 0)
  }
}

/// Selection files, read whole.
func fuzzSelection(_ data: Data) {
  var data = mendingHeader(of: data)
  if data.count >= 80 {
    let end = data.count - 8
    let sum = data.withUnsafeBytes { XXHash64.hash(UnsafeRawBufferPointer(rebasing: $0[64..<end])) }
    withUnsafeBytes(of: sum.littleEndian) { data.replaceSubrange(end..<end + 8, with: $0) }
  }
  withFile(data) { path in
    guard let selection = try? Selection(path: path) else { return }
    for row in 0..<min(selection.images.count, 8) { _ = selection.labels(ofImage: row) }
  }
}

/// Both files have 64 bytes of header, the last eight of which are the checksum of the others.
private func mendingHeader(of data: Data) -> Data {
  guard data.count >= 64 else { return data }
  var data = data
  let sum = data.withUnsafeBytes { XXHash64.hash(UnsafeRawBufferPointer(rebasing: $0[..<56])) }
  withUnsafeBytes(of: sum.littleEndian) { data.replaceSubrange(56..<64, with: $0) }
  return data
}
