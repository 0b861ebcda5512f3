import Files
import ImageData

/// What the index of a shard says of it as a whole.
///
/// Lines that begin with a byte that no key has, then what it is about, between tabs: `end`, its kind,
/// how many bytes stand before it and whether these are inflated (1 or 0); `file` and `system`, an ending
/// or a name, and how many members have it.
struct ShardNotes: Equatable {
  /// Where its bytes end before its archive does, if they do.
  var end: EarlyEnd?
  /// Members that are neither pictures nor read beside them.
  var others = PassedOver()

  /// What the lines begin with.
  static let mark: UInt8 = 1

  init() {}

  /// Reads the lines of notes among `lines`.
  init(lines: [Slice<UnsafeRawBufferPointer>]) {
    for line in lines where line.first == Self.mark {
      let parts = PathText.text(of: line.dropFirst())
        .split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard parts.count > 2, let number = Int(parts[2]), number >= 0 else { continue }
      switch (parts[0], EarlyEnd.Kind(rawValue: parts[1])) {
      case ("end", let kind?):
        end = EarlyEnd(kind: kind, byte: number, isInflated: parts.last == "1")
      case ("file", _): others.add(files: parts[1], min(number, Int(Int32.max)))
      case ("system", _): others.add(systemFiles: parts[1], min(number, Int(Int32.max)))
      default: continue
      }
    }
  }

  /// The lines, each with its newline; the same for the same notes.
  var lines: [UInt8] {
    var lines: [[String]] = []
    if let end {
      lines.append(["end", end.kind.rawValue, String(end.byte), end.isInflated ? "1" : "0"])
    }
    for (kind, names) in [("file", others.files), ("system", others.systemFiles)] {
      let ordered = names.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      lines += ordered.map { [kind, $0.key, String($0.value)] }
    }
    return lines.flatMap { parts in
      let texts = parts.map { text in PathText.bytes(of: text).map { $0 < 32 ? 32 : $0 } }
      return [Self.mark] + Array(texts.joined(separator: [9])) + [10]
    }
  }
}
