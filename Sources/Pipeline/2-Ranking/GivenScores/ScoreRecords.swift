import Files

/// The best classes of every picture of U while files of scores are read, whatever the order of their rows:
/// in a file without a name, one record of a fixed size a picture, and in memory one bit.
final class ScoreRecords {
  /// A class and its score, or its probability.
  struct Entry {
    var index: Int
    var value: Double
  }

  /// How many pictures have a record.
  private(set) var filled = 0
  private let count: Int
  private let most: Int
  private let file: PositionedFile
  private var bits: [UInt64]
  /// Records that are to be written together, since they follow one another.
  private var pending: [UInt8] = []
  private var pendingFirst = 0
  private static let entryBytes = 12
  private static let pendingBytes = 1 << 20

  private var recordBytes: Int { 8 + most * Self.entryBytes }

  /// Records for `count` pictures of `most` classes each, in a temporary file in `folder`.
  /// - Throws: `FileError` when the folder cannot be written.
  init(pictures count: Int, classesPerSample most: Int, in folder: String) throws {
    self.count = count
    self.most = most
    file = try PositionedFile(temporaryIn: folder)
    bits = Array(repeating: 0, count: (count + 63) / 64)
  }

  /// Whether the picture has a record.
  func has(_ picture: Int) -> Bool { bits[picture / 64] >> UInt64(picture % 64) & 1 == 1 }

  /// Keeps the picture's classes, at most so many as a record has, and what all of them sum to.
  func set(_ picture: Int, sum: Double, _ entries: some Collection<Entry>) throws {
    let end = pendingFirst + pending.count / recordBytes
    if picture != end || pending.count + recordBytes > Self.pendingBytes {
      try flush()
      pendingFirst = picture
    }
    let start = pending.count
    pending.append(contentsOf: repeatElement(0xFF, count: recordBytes))
    pending.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: sum.bitPattern, toByteOffset: start, as: UInt64.self)
      for (place, entry) in entries.prefix(most).enumerated() {
        let at = start + 8 + place * Self.entryBytes
        bytes.storeBytes(of: entry.value.bitPattern, toByteOffset: at, as: UInt64.self)
        bytes.storeBytes(of: UInt32(entry.index), toByteOffset: at + 8, as: UInt32.self)
      }
    }
    if !has(picture) {
      bits[picture / 64] |= 1 << UInt64(picture % 64)
      filled += 1
    }
  }

  /// The records of pictures that follow one another: of those that have none, nil.
  func records(_ pictures: Range<Int>) throws -> [(sum: Double, entries: [Entry])?] {
    try flush()
    // Behind the last record that was written the file ends.
    let last = pictures.last(where: has).map { $0 + 1 } ?? pictures.lowerBound
    var block = [UInt8](
      repeating: 0xFF, count: (last - pictures.lowerBound) * recordBytes)
    try block.withUnsafeMutableBytes { try file.read($0, at: pictures.lowerBound * recordBytes) }
    return block.withUnsafeBytes { bytes in
      pictures.map { picture in
        guard has(picture) else { return nil }
        let start = (picture - pictures.lowerBound) * recordBytes
        let sum = Double(bitPattern: bytes.integer(at: start, as: UInt64.self))
        var entries: [Entry] = []
        for place in 0..<most {
          let at = start + 8 + place * Self.entryBytes
          let index = bytes.integer(at: at + 8, as: UInt32.self)
          guard index != .max else { break }
          entries.append(
            Entry(
              index: Int(index),
              value: Double(bitPattern: bytes.integer(at: at, as: UInt64.self))))
        }
        return (sum, entries)
      }
    }
  }

  private func flush() throws {
    guard !pending.isEmpty else { return }
    try pending.withUnsafeBytes { try file.write($0, at: pendingFirst * recordBytes) }
    pending.removeAll(keepingCapacity: true)
  }
}
