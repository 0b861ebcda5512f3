import Foundation

/// Names with braces and wildcards, as shards are listed.
enum ShardPatterns {
  /// Nobody has more shards; a slip of the finger easily asks for more.
  static let mostNames = 1_000_000
  /// Longer than any path.
  private static let mostBytes = 4096

  /// `text` once for each number of its `{000..099}` and, where `alternatives` is set, each of `{a,b}`.
  ///
  /// Numbers keep the width of their first and last where either begins with a zero; several braces
  /// count like an odometer, the last one fastest. Braces around anything else stay as they are.
  /// - Throws: `ImageDataError.argument` for more than a million names, or a pattern beyond 4,096 bytes.
  static func expandBraces(_ text: String, alternatives: Bool = true) throws -> [String] {
    guard text.contains("{") else { return [text] }
    guard text.utf8.count <= mostBytes else {
      throw ImageDataError.argument("a pattern of \(text.utf8.count) bytes: \(text.prefix(40))…")
    }
    var names = [""]
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      let before = rest[..<open]
      guard let close = closing(of: open, in: rest) else { break }
      let inside = rest[rest.index(after: open)..<close]
      var choices = try numbers(inside)
      if choices == nil, alternatives {
        let parts = topLevelParts(inside)
        if parts.count > 1 { choices = try parts.flatMap { try expandBraces(String($0)) } }
      }
      if let choices {
        guard names.count * choices.count <= mostNames else { throw tooMany(text) }
        names = names.flatMap { name in choices.map { name + before + $0 } }
        rest = rest[rest.index(after: close)...]
      } else {
        // A literal brace; what is inside may still have some that are none.
        names = names.map { $0 + before + "{" }
        rest = rest[rest.index(after: open)...]
      }
    }
    return names.map { $0 + rest }
  }

  /// Whether `text` has a wildcard.
  static func isGlob(_ text: String) -> Bool {
    text.contains { "*?[".contains($0) }
  }

  /// The files that `pattern` stands for, in bytewise order.
  static func glob(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard Foundation.glob(pattern, GLOB_NOSORT, nil, &found) == 0, let paths = found.gl_pathv else {
      return []
    }
    return (0..<Int(found.gl_pathc)).compactMap { paths[$0].map { String(cString: $0) } }
      .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private static func tooMany(_ text: String) -> ImageDataError {
    .argument("\(text) stands for more than \(mostNames) names")
  }

  private static func closing(of open: Substring.Index, in text: Substring) -> Substring.Index? {
    var depth = 0
    for index in text[open...].indices {
      if text[index] == "{" { depth += 1 }
      if text[index] == "}" { depth -= 1 }
      if depth == 0 { return index }
    }
    return nil
  }

  /// The numbers of `first..last`, or nil when it is not that.
  private static func numbers(_ inside: Substring) throws -> [String]? {
    guard let dots = inside.range(of: "..") else { return nil }
    let first = inside[..<dots.lowerBound]
    let last = inside[dots.upperBound...]
    func isNumber(_ digits: Substring) -> Bool {
      !digits.isEmpty && digits.utf8.count <= 15
        && digits.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }
    }
    guard isNumber(first), isNumber(last), let low = Int(first), let high = Int(last) else {
      return nil
    }
    guard abs(high - low) < mostNames else { throw tooMany("{\(inside)}") }
    let isPadded = [first, last].contains { $0.count > 1 && $0.first == "0" }
    let width = isPadded ? max(first.count, last.count) : 0
    return stride(from: low, through: high, by: low <= high ? 1 : -1).map { number in
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
  }

  /// `inside` between the commas that are in no brace of their own.
  private static func topLevelParts(_ inside: Substring) -> [Substring] {
    var parts: [Substring] = []
    var depth = 0
    var start = inside.startIndex
    for index in inside.indices {
      switch inside[index] {
      case "{": depth += 1
      case "}": depth -= 1
      case "," where depth == 0:
        parts.append(inside[start..<index])
        start = inside.index(after: index)
      default: break
      }
    }
    return parts + [inside[start...]]
  }
}
