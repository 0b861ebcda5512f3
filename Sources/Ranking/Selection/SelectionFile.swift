import Files
import Foundation

extension Selection {
  /// Writes the selection to `path` as one durable file `selected.bin` (layout: `SelectionLayout`).
  /// - Throws: `FileError` naming `path`.
  public func write(to path: String) throws {
    let file = try DurableFile(path: path)
    try file.write(bytes.bytes)
    try file.commit()
  }

  /// Maps and verifies the selection in the file at `path`.
  /// - Throws: `FileError` when it cannot be read, `RankingError` naming `path` when it is damaged.
  /// - Complexity: O(bytes) time; 4 MB of the file are in memory at a time.
  public init(path: String) throws {
    let file = try MappedFile(path: path)
    let layout = try SelectionLayout(bytes: file.bytes, path: path)
    let bytes = UnsafeSelectionBytes(bytes: file.bytes, owner: file)
    guard bytes.isIntact(layout) else {
      throw RankingError.corruptFile(
        path: path, reason: "the checksum does not match; select again")
    }
    self.init(layout, bytes)
    if let violation = violatedInvariant() {
      throw RankingError.corruptFile(path: path, reason: violation + "; select again")
    }
  }

  /// What contradicts the documented order of a selection, nil when nothing does.
  func violatedInvariant() -> String? {
    defer { bytes.forgetPages() }
    guard labelOffsets.values.first == 0, labelOffsets.values.last == classes.count,
      holds(labelOffsets.count - 1, { labelOffsets.values[$0] < labelOffsets.values[$0 + 1] })
    else { return "the label offsets do not rise from 0 to the number of labels" }
    guard holds(images.count - 1, { images[$0] < images[$0 + 1] }) else {
      return "the images are not sorted"
    }
    guard holds(classes.count, { classes.values[$0] < classCount }) else {
      return "a class is beyond the \(classCount) classes"
    }
    guard holds(ranks.count, { ranks.values[$0] >= 1 && ranks.values[$0] <= imagesPerClass }) else {
      return "a rank is not in 1...\(imagesPerClass)"
    }
    guard let repeats, !holds(repeats.count, { repeats.values[$0] >= 1 }) else { return nil }
    return "an image is repeated 0 times"
  }

  /// Whether `condition` holds for all of `0..<count`.
  private func holds(_ count: Int, _ condition: (Int) -> Bool) -> Bool {
    let step = 1 << 20
    for start in stride(from: 0, to: count, by: step) {
      for index in start..<min(start + step, count) where !condition(index) { return false }
      bytes.forgetPages()
    }
    return true
  }
}

extension UnsafeSelectionBytes {
  /// Whether the checksum at the end is that of the body.
  fileprivate func isIntact(_ layout: SelectionLayout) -> Bool {
    var hash = XXHash64()
    let end = SelectionLayout.headerBytes + layout.bodyBytes
    var offset = SelectionLayout.headerBytes
    while offset < end {
      let next = min(offset + 1 << 22, end)
      hash.update(UnsafeRawBufferPointer(rebasing: bytes[offset..<next]))
      forgetPages()
      offset = next
    }
    return hash.value == bytes.integer(at: end, as: UInt64.self)
  }

  /// Takes the pages of a mapped file out of the process; they come back when they are read.
  func forgetPages() {
    (owner as? MappedFile)?.forgetPages()
  }
}
