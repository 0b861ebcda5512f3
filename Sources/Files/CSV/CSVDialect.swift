/// How a CSV file parts its fields, by its first line.
struct CSVDialect {
  /// What parts the fields.
  var delimiter = comma
  /// The bytes of a first line `sep=;`, which is no record.
  var headBytes = 0

  static let quote = UInt8(ascii: "\"")
  static let newline = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let comma = UInt8(ascii: ",")
  static let space = UInt8(ascii: " ")
  static let tab = UInt8(ascii: "\t")
  static let controlZ: UInt8 = 26

  /// Looks at the first line of `head` that is not blank: commas, semicolons or tabs, whichever it has
  /// most of outside quotes.
  init(head: UnsafeMutableRawBufferPointer) {
    if let (delimiter, end) = Self.stated(in: head) {
      self.delimiter = delimiter
      headBytes = end
      return
    }
    let candidates = [Self.comma, UInt8(ascii: ";"), Self.tab]
    var counts = [0, 0, 0]
    var isQuoted = false
    var isEmpty = true
    for byte in head {
      if byte == Self.quote { isQuoted.toggle() }
      if !isQuoted, Self.isLineEnd(byte) {
        if isEmpty { continue }
        break
      }
      if byte != Self.space { isEmpty = false }
      if !isQuoted, let place = candidates.firstIndex(of: byte) { counts[place] += 1 }
    }
    let most = counts.max() ?? 0
    if let place = counts.firstIndex(of: most) { delimiter = candidates[place] }
  }

  private static func isLineEnd(_ byte: UInt8) -> Bool {
    byte == newline || byte == carriageReturn
  }

  /// The delimiter of a first line `sep=;`, which Excel writes and reads, and where the next line begins.
  private static func stated(in head: UnsafeMutableRawBufferPointer) -> (UInt8, end: Int)? {
    var line = head.prefix(8).prefix { !isLineEnd($0) }
    let end = line.endIndex
    if line.first == quote, line.last == quote, line.count > 1 {
      line = line.dropFirst().dropLast()
    }
    guard line.count == 5, String(decoding: line.prefix(4), as: UTF8.self).lowercased() == "sep=",
      let delimiter = line.last, delimiter != quote
    else { return nil }
    let isPair =
      end + 1 < head.count && head[end] == carriageReturn && head[end + 1] == newline
    return (delimiter, min(head.count, end + (isPair ? 2 : 1)))
  }
}
