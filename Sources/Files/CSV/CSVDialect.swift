/// How a CSV file parts its fields, by its first line.
enum CSVDialect {
  static let quote = UInt8(ascii: "\"")
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let comma = UInt8(ascii: ",")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")
  static let controlZ: UInt8 = 26

  /// What parts the fields of the first line of `head` that is not blank: commas, semicolons or tabs,
  /// whichever it has most of outside quotes.
  static func delimiter(of head: UnsafeMutableRawBufferPointer) -> UInt8 {
    let candidates = [comma, UInt8(ascii: ";"), tab]
    var counts = [0, 0, 0]
    var isQuoted = false
    var isEmpty = true
    for byte in head {
      if byte == quote { isQuoted.toggle() }
      if !isQuoted, isLineEnd(byte) {
        if isEmpty { continue }
        break
      }
      if byte != space { isEmpty = false }
      if !isQuoted, let place = candidates.firstIndex(of: byte) { counts[place] += 1 }
    }
    let most = counts.max() ?? 0
    return counts.firstIndex(of: most).map { candidates[$0] } ?? comma
  }

  static func isLineEnd(_ byte: UInt8) -> Bool { byte == newline || byte == carriageReturn }

  /// Where the line after the one that ends at `end` begins.
  static func nextLine(after end: Int, in bytes: UnsafeMutableRawBufferPointer) -> Int {
    let isPair = end + 1 < bytes.count && bytes[end] == carriageReturn && bytes[end + 1] == newline
    return min(bytes.count, end + (isPair ? 2 : 1))
  }

  /// The delimiter of a first line `sep=;`, which Excel writes and reads, and where the next line begins.
  static func stated(in head: UnsafeMutableRawBufferPointer) -> (delimiter: UInt8, end: Int)? {
    var line = head.prefix(8).prefix { !isLineEnd($0) }
    let end = line.endIndex
    if line.first == quote, line.last == quote, line.count > 1 {
      line = line.dropFirst().dropLast()
    }
    guard line.count == 5, String(decoding: line.prefix(4), as: UTF8.self).lowercased() == "sep=",
      let delimiter = line.last, delimiter != quote
    else { return nil }
    return (delimiter, nextLine(after: end, in: head))
  }
}
