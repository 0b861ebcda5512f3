import Files
import Foundation

@testable import Ranking

/// Score files, mapped and as a stream. The checksums of an input are made right first: what they
/// would catch is tested elsewhere, and what a reader does behind them is what a fuzzer is for.
func fuzzScores(_ data: Data) {
  withFile(Data(mendedScores([UInt8](data)))) { path in
    if let file = try? ScoreFileReader(path: path) {
      for index in 0..<min(file.blockCount, 4) {
        guard let block = try? file.block(index) else { continue }
        readAll(of: block, classesPerSample: file.classesPerSample)
      }
      _ = try? file.entries(at: 0)
    }
    guard let stream = try? ScoreFileStream(path: path) else { return }
    for index in 0..<min(stream.layout.blockCount, 4) {
      guard let block = try? stream.block(index) else { continue }
      readAll(of: block, classesPerSample: stream.layout.classesPerSample)
    }
  }
}

private func readAll(of block: ScoreBlock, classesPerSample: Int) {
  for row in Set([0, 1, block.count / 2, block.count - 1]) where row < block.count {
    _ = block.keyHash(at: row)
    for column in Set([0, 1, classesPerSample - 1]) where 0..<classesPerSample ~= column {
      _ = block.class(at: row, column: column)
      _ = block.score(at: row, column: column)
    }
  }
}

/// Selection files of both versions, read whole; of few classes also counted and cut.
func fuzzSelection(_ data: Data) {
  var bytes = [UInt8](data)
  mendHeader(of: &bytes)
  if bytes.count >= 80 {
    let end = bytes.count - 8
    put(bytes[64..<end].withUnsafeBytes { XXHash64.hash($0) }, in: &bytes, at: end)
  }
  withFile(Data(bytes)) { path in
    guard let selection = try? Selection(path: path) else { return }
    for row in selection.images.indices {
      _ = selection.images[row]
      precondition(!selection.labels(ofImage: row).isEmpty, "image \(row) has no label")
    }
    precondition(selection.repeats?.allSatisfy { $0 >= 1 } != false)
    guard selection.classCount <= 64, selection.imagesPerClass <= 1 << 12 else { return }
    _ = SelectionStatistics(of: selection)
    _ = try? selection.removing([0], imagesPerClass: 2)
  }
}

/// Both files have 64 bytes of header, the last eight of which are the checksum of the others.
private func mendHeader(of bytes: inout [UInt8]) {
  guard bytes.count >= 64 else { return }
  put(bytes[..<56].withUnsafeBytes { XXHash64.hash($0) }, in: &bytes, at: 56)
}

private func mendedScores(_ data: [UInt8]) -> [UInt8] {
  var bytes = data
  mendHeader(of: &bytes)
  let layout = bytes.withUnsafeBytes {
    try? ScoreFileLayout(header: $0, fileBytes: $0.count, path: "input")
  }
  guard let layout else { return bytes }
  for block in 0..<min(layout.blockCount, 4) {
    let start = layout.blockOffset(block)
    let end = start + layout.blockPayload(layout.samples(inBlock: block))
    put(
      bytes[start..<end].withUnsafeBytes { XXHash64.hash($0, seed: UInt64(block)) }, in: &bytes,
      at: end)
  }
  return bytes
}
