/// Pictures that carry hashtags.
public protocol TaggedDataset: ImageDataset {
  /// The hashtags of a sample, without their `#`; empty where there are none.
  func tags(at index: Int) -> [String]
}

extension IndexedSubset: TaggedDataset {
  /// The hashtags of a sample; empty where the data set has none.
  public func tags(at index: Int) -> [String] {
    (base as? any TaggedDataset)?.tags(at: Int(indices[index])) ?? []
  }
}

extension Relabelled: TaggedDataset {
  /// The hashtags of a sample; empty where the data set has none.
  public func tags(at index: Int) -> [String] {
    (base as? any TaggedDataset)?.tags(at: index) ?? []
  }
}

/// The hashtags of many samples, each word kept once.
struct TagTable: Sendable {
  private var words: [String] = []
  private var numbers: [String: UInt32] = [:]
  private var entries: [UInt32] = []
  private var ends: [Int] = []

  /// Appends the hashtags of the next sample, without their `#` and without those that are empty.
  mutating func append(_ tags: some Sequence<Substring>) {
    for tag in tags {
      let word = tag.hasPrefix("#") ? tag.dropFirst() : tag
      guard !word.isEmpty else { continue }
      entries.append(number(of: String(word)))
    }
    ends.append(entries.count)
  }

  private mutating func number(of word: String) -> UInt32 {
    if let number = numbers[word] { return number }
    let number = UInt32(words.count)
    words.append(word)
    numbers[word] = number
    return number
  }

  /// Gives up what only `append` needs.
  func sealed() -> TagTable {
    var table = self
    table.numbers = [:]
    return table
  }

  /// The hashtags of the sample at `index`.
  subscript(index: Int) -> [String] {
    guard ends.indices.contains(index) else { return [] }
    return entries[(index == 0 ? 0 : ends[index - 1])..<ends[index]].map { words[Int($0)] }
  }

  /// The hashtags in `text`, which spaces or commas part.
  static func tags(in text: String) -> [Substring] {
    text.split { $0 == "," || $0.isWhitespace }
  }
}
