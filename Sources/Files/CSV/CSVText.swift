/// A text file as UTF-8, a piece at a time: what is read and not yet dropped stands in one buffer.
///
/// UTF-16 is known by its byte order mark, or by the zero bytes between its first characters. All other
/// bytes are as they are, whether or not they are UTF-8: paths may be anything. Of UTF-16, what is no
/// character becomes bytes that are not UTF-8.
final class CSVText {
  private enum Encoding {
    case bytes, utf16BigEndian, utf16LittleEndian
  }

  private let file: PositionedFile
  // One thread reads at a time, as of `CSVReader`.
  private var offset = 0
  private var encoding = Encoding.bytes
  @exclusivity(unchecked) private var buffer: UnsafeMutableRawBufferPointer
  @exclusivity(unchecked) private var start = 0
  @exclusivity(unchecked) private var end = 0
  /// The first half of a UTF-16 character of two.
  private var firstHalf: UInt32?
  private static let pieceBytes = 1 << 18
  /// What files that are no text begin with.
  private static let otherKinds: [(start: [UInt8], what: String)] = [
    ([0xFF, 0xFE, 0, 0], "UTF-32"), ([0, 0, 0xFE, 0xFF], "UTF-32"),
    ([0x1F, 0x8B], "gzip"), ([0x28, 0xB5, 0x2F, 0xFD], "zstd"),
    (Array("PK\u{3}\u{4}".utf8), "a workbook or a zip file"), (Array("PAR1".utf8), "Parquet"),
    ([0xD0, 0xCF, 0x11, 0xE0], "an Excel workbook"),
    (Array("{\"".utf8), "JSON"), (Array("[{".utf8), "JSON"), (Array("[\"".utf8), "JSON"),
    (Array("<!DOCTYPE".utf8), "a web page"), (Array("<html".utf8), "a web page"),
  ]

  /// Opens the file at `path` and reads its head.
  /// - Throws: `FileError`, or `CSVError` for an encoding that is not read.
  init(path: String) throws {
    file = try PositionedFile(path: path)
    file.expectSequentialReading()
    buffer = .allocate(byteCount: 2 * Self.pieceBytes, alignment: 8)
    var head = [UInt8](repeating: 0, count: min(16, file.byteCount))
    try head.withUnsafeMutableBytes { try file.read($0, at: 0) }
    if let (_, kind) = Self.otherKinds.first(where: { head.starts(with: $0.start) }) {
      throw CSVError(line: 1, reason: "it is \(kind), not CSV; save it as CSV in UTF-8")
    }
    if head.starts(with: [0xEF, 0xBB, 0xBF]) {
      offset = 3
    } else if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
      encoding = head[0] == 0xFE ? .utf16BigEndian : .utf16LittleEndian
      offset = 2
    } else {
      encoding = Self.unmarked(head)
    }
    _ = try more()
  }

  deinit { buffer.deallocate() }

  /// The encoding of a file without a byte order mark.
  private static func unmarked(_ head: [UInt8]) -> Encoding {
    let pairs = head.count / 2
    guard pairs >= 2 else { return .bytes }
    let first = (0..<pairs).count { head[2 * $0] == 0 }
    let second = (0..<pairs).count { head[2 * $0 + 1] == 0 }
    if first == pairs, second == 0 { return .utf16BigEndian }
    return second == pairs && first == 0 ? .utf16LittleEndian : .bytes
  }

  /// What is read and not dropped.
  var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: buffer[start..<end])
  }

  /// Drops the first `count` bytes.
  func drop(_ count: Int) { start += count }

  /// Reads on.
  /// - Returns: Whether there was more.
  /// - Throws: `FileError`.
  func more() throws -> Bool {
    let before = end - start
    while offset < file.byteCount, end - start == before {
      makeRoom()
      let piece = min(Self.pieceBytes / 2, file.byteCount - offset)
      if encoding == .bytes {
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[end..<end + piece])
        try file.read(room, at: offset)
        end += piece
      } else {
        var units = [UInt8](repeating: 0, count: piece)
        try units.withUnsafeMutableBytes { try file.read($0, at: offset) }
        convert(units, isLast: offset + piece == file.byteCount)
      }
      offset += piece
    }
    return end - start > before
  }

  /// Moves what is not dropped to the front, into a larger buffer where less than a piece is free.
  private func makeRoom() {
    guard buffer.count - end < Self.pieceBytes else { return }
    let kept = UnsafeRawBufferPointer(rebasing: buffer[start..<end])
    end -= start
    start = 0
    guard buffer.count - end < Self.pieceBytes else { return buffer.copyMemory(from: kept) }
    let larger = UnsafeMutableRawBufferPointer.allocate(
      byteCount: 2 * buffer.count, alignment: 8)
    larger.copyMemory(from: kept)
    buffer.deallocate()
    buffer = larger
  }

  /// Appends UTF-16 as UTF-8: at most three bytes for two.
  private func convert(_ units: [UInt8], isLast: Bool) {
    var at = 0
    while at + 1 < units.count {
      let (first, second) = (UInt32(units[at]), UInt32(units[at + 1]))
      at += 2
      let unit = encoding == .utf16BigEndian ? first << 8 | second : second << 8 | first
      if let high = firstHalf {
        firstHalf = nil
        if 0xDC00...0xDFFF ~= unit {
          append(0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00))
          continue
        }
        append(high)
      }
      if 0xD800...0xDBFF ~= unit { firstHalf = unit } else { append(unit) }
    }
    guard isLast else { return }
    if let high = firstHalf { append(high) }
    // An odd byte: what an editor left, or half a character of a file that is cut short.
    if at < units.count, ![0, 10, 13, CSVDialect.controlZ].contains(units[at]) { put(0xFF) }
  }

  private func append(_ character: UInt32) {
    switch character {
    case ..<0x80: put(character)
    case ..<0x800:
      put(0xC0 | character >> 6)
      put(0x80 | character & 0x3F)
    case ..<0x10000:
      put(0xE0 | character >> 12)
      put(0x80 | character >> 6 & 0x3F)
      put(0x80 | character & 0x3F)
    default:
      put(0xF0 | character >> 18)
      put(0x80 | character >> 12 & 0x3F)
      put(0x80 | character >> 6 & 0x3F)
      put(0x80 | character & 0x3F)
    }
  }

  private func put(_ byte: UInt32) {
    buffer[end] = UInt8(truncatingIfNeeded: byte)
    end += 1
  }
}
