/// The hashtags of many samples, each word kept once.
package struct TagTable: Sendable {
  /// What a list has in its column of hashtags.
  enum Words {
    /// One after the other.
    case list([Substring])
    /// Spaces or commas part them.
    case text(UnsafeRawBufferPointer)
  }

  private var words: [String] = []
  private var numbers: [String: UInt32] = [:]
  /// The numbers of each sample's words.
  private var entries = PathTable()

  /// Appends the hashtags of the next sample, without their `#` and without those that are empty.
  package mutating func append(_ tags: some Sequence<Substring>) {
    var entry: [UInt8] = []
    for tag in tags {
      let word = tag.hasPrefix("#") ? tag.dropFirst() : tag
      guard !word.isEmpty else { continue }
      PathTable.append(UInt(number(of: String(word))), to: &entry)
    }
    entry.withUnsafeBytes { entries.append($0) }
  }

  /// Appends the hashtags of the next sample, which spaces or commas part in `text`.
  /// - Returns: False where it is not UTF-8; nothing is appended then.
  package mutating func append(_ text: UnsafeRawBufferPointer) -> Bool {
    guard text.allSatisfy({ $0 < 0x80 }) else {
      guard let text = String(validating: text, as: UTF8.self) else { return false }
      append(Self.tags(in: text))
      return true
    }
    var entry: [UInt8] = []
    for var word in text.split(whereSeparator: Self.isSeparator) {
      if word.first == UInt8(ascii: "#") { word = word.dropFirst() }
      guard !word.isEmpty else { continue }
      let number = number(of: String(decoding: word, as: UTF8.self))
      PathTable.append(UInt(number), to: &entry)
    }
    entry.withUnsafeBytes { entries.append($0) }
    return true
  }

  private static func isSeparator(_ byte: UInt8) -> Bool {
    9...13 ~= byte || byte == 32 || byte == UInt8(ascii: ",")
  }

  private mutating func number(of word: String) -> UInt32 {
    if let number = numbers[word] { return number }
    let number = UInt32(words.count)
    words.append(word)
    numbers[word] = number
    return number
  }

  /// Gives up what only `append` needs.
  package func sealed() -> TagTable {
    var table = self
    table.numbers = [:]
    return table
  }

  /// The hashtags of the sample at `index`; none beyond the last one.
  subscript(index: Int) -> [String] {
    guard index < entries.count else { return [] }
    return entries.bytes(at: index).withUnsafeBufferPointer { entry in
      var tags: [String] = []
      var at = 0
      while at < entry.count { tags.append(words[PathTable.number(in: entry, &at)]) }
      return tags
    }
  }

  /// The hashtags in `text`, which spaces or commas part.
  package static func tags(in text: String) -> [Substring] {
    text.split { $0 == "," || $0.isWhitespace }
  }
}
