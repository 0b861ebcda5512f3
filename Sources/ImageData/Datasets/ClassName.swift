import Files

/// When two classes have one name, and when their names only look like one.
///
/// Files, folders and keys are the same when their bytes are, since the system keeps `café` with one
/// letter é and `café` with e and an accent apart. A class is the same when people read the same, however
/// it is written: by Unicode's canonical equivalence, and without the white space around it, which nobody
/// sees. The classes of two data sets are matched so, whether their names come from folders, lists,
/// `classes.txt` or shards. Inside one data set two folders or two Unicode spellings of one class, as a
/// set that was merged from a Mac and a Linux machine has them, are a mistake that only its owner can
/// mend. Names that differ in case, inner white space or underscores are two, and nearly always a mistake
/// as well: that is told.
public enum ClassName {
  /// The name without what nobody sees around it; empty where there is nothing else.
  public static func trimmed(_ text: String) -> String {
    // Most names begin and end in a letter or a digit of ASCII, and there are millions.
    if let first = text.utf8.first, let last = text.utf8.last, isSeen(first), isSeen(last) {
      return text
    }
    let scalars = text.unicodeScalars
    guard let first = scalars.firstIndex(where: { !isUnseen($0) }),
      let last = scalars.lastIndex(where: { !isUnseen($0) })
    else { return "" }
    return String(scalars[first...last])
  }

  /// The places of the first two names that are the same.
  public static func firstTwins(_ names: [String]) -> (first: Int, second: Int)? {
    var places: [String: Int] = [:]
    for (place, name) in names.enumerated() {
      if let first = places.updateValue(place, forKey: trimmed(name)) { return (first, place) }
    }
    return nil
  }

  /// The places of names that differ from one another in case, white space or underscores alone, group by
  /// group in the order of their first ones.
  ///
  /// One letter alone is left out: capitals and small letters are classes of their own then.
  public static func lookalikes(among names: [String]) -> [[Int]] {
    var places: [String: [Int]] = [:]
    for (place, name) in names.enumerated() where name.count > 1 {
      places[plain(name), default: []].append(place)
    }
    return places.values.filter { $0.count > 1 }.sorted { $0[0] < $1[0] }
  }

  /// What names that look alike have in common: small letters, and nothing between words, but between
  /// two digits one space, since `1 12` is not `11 2`.
  public static func plain(_ name: String) -> String {
    var plain = ""
    var isParted = false
    for character in name.lowercased() {
      if character == "_" || character.unicodeScalars.allSatisfy(isUnseen) {
        isParted = true
        continue
      }
      if isParted, character.isNumber, plain.last?.isNumber == true { plain.append(" ") }
      plain.append(character)
      isParted = false
    }
    return plain
  }

  /// The name so that its white space is seen: all of it but a single space between words by its number,
  /// as in Swift, and quotes where the name begins or ends with a space.
  public static func shown(_ name: String) -> String {
    var text = ""
    for scalar in name.unicodeScalars {
      let isPlain = !isUnseen(scalar) || scalar == " " && text.last != " "
      text += isPlain ? String(scalar) : numbered(scalar)
    }
    return text.first == " " || text.last == " " ? "\"\(text)\"" : text
  }

  /// The same, with every character but ASCII's by its number: `caf\u{00E9}`.
  public static func spelled(_ name: String) -> String {
    shown(
      name.unicodeScalars.map { $0.isASCII ? String($0) : numbered($0) }.joined())
  }

  private static func numbered(_ scalar: Unicode.Scalar) -> String {
    let digits = String(scalar.value, radix: 16, uppercase: true)
    return "\\u{" + Format.padded(digits, digits: 4) + "}"
  }

  /// White space, and what takes no room at all.
  /// Whether the byte is a character of ASCII that leaves ink.
  private static func isSeen(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) }

  private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isWhitespace || ["\u{200B}", "\u{2060}", "\u{FEFF}"].contains(scalar)
  }
}

extension ImageDataset {
  /// Refuses two classes of one name (`ClassName`).
  /// - Parameters:
  ///   - path: The data set's path.
  ///   - kind: What its classes are: "class folders".
  ///   - advice: How to make one of two: "bring their pictures into one folder".
  ///   - written: The names as they are written there, where that may be otherwise.
  /// - Throws: `ImageDataError.dataset` naming both so that they look different.
  package func requireDistinctClasses(
    in path: String, _ kind: String, _ advice: String, written: [String]? = nil
  ) throws {
    guard let (first, second) = ClassName.firstTwins(classes) else { return }
    let names = written ?? classes
    let counts = samplesPerClass
    func named(_ place: Int) -> String {
      "\(ClassName.spelled(names[place])) (\(counted(counts[place], "picture")))"
    }
    func areEqual(_ names: [String]) -> Bool { names[first].utf8.elementsEqual(names[second].utf8) }
    let difference =
      areEqual(classes) ? "with other white space around it" : "with other Unicode characters"
    throw ImageDataError.dataset(
      path: path,
      reason: areEqual(names)
        ? "the \(kind) have \(names[first]) twice; \(advice)"
        : "the \(kind) \(named(first)) and \(named(second)) are one name, written \(difference); "
          + "\(advice), or rename one of them")
  }

  /// What to say of classes whose names differ in case, white space or underscores alone; nil where there
  /// are none.
  public var lookalikesLine: String? {
    let groups = ClassName.lookalikes(among: classes)
    guard !groups.isEmpty else { return nil }
    let counts = samplesPerClass
    let named = groups.prefix(3).map { group in
      group.prefix(5).map {
        "\(ClassName.shown(classes[$0])) (\(counted(counts[$0], "picture")))"
      }.joined(separator: " and ") + (group.count > 5 ? " and \(group.count - 5) more" : "")
    }
    return "classes that differ in case, white space or underscores alone: "
      + named.joined(separator: ", ") + (groups.count > 3 ? ", … (\(groups.count) such names)" : "")
      + "; where they are one class, bring their pictures under one name"
  }
}

/// "1 picture", "2 pictures".
func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
