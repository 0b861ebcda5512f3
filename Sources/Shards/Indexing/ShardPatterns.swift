import Files
import Foundation
import ImageData
import SystemPackage

/// Names with braces and wildcards, as shards are listed.
enum ShardPatterns {
  /// Nobody has more shards; a slip of the finger easily asks for more.
  static let mostNames = 1_000_000
  /// Longer than any path.
  private static let mostBytes = 4096

  /// More bytes of names than this are no names either: a long pattern may not fill the memory.
  private static let mostNameBytes = 1 << 28
  /// A name is put together anew at each depth of braces in braces, this often at most on average.
  private static let mostDepth = 16

  private struct TooManyNames: Error {}

  /// `text` once for each number of its `{000..099}` and, where `alternatives` is set, each of `{a,b}`.
  ///
  /// Numbers keep the width of their first and last where either begins with a zero; several braces
  /// count like an odometer, the last one fastest. Braces around anything else stay as they are.
  /// - Throws: `ImageDataError.argument` for more than `most` names, or a pattern beyond 4,096 bytes.
  /// - Complexity: O(16 · bytes of `most` names + bytes of the pattern²).
  static func expandBraces(
    _ text: String, alternatives: Bool = true, most: Int = mostNames
  ) throws -> [String] {
    guard text.contains("{") else { return [text] }
    guard text.utf8.count <= mostBytes else {
      throw ImageDataError.argument("a pattern of \(text.utf8.count) bytes: \(text.prefix(40))…")
    }
    do {
      var work = most * mostDepth
      return try names(text, alternatives: alternatives, most: most, work: &work)
    } catch is TooManyNames {
      throw ImageDataError.argument(
        "\(text) stands for more than \(most) names, for \(mostNameBytes >> 20) MiB of them, "
          + "or for many in braces within braces")
    }
  }

  /// `work` is how many strings may still be made.
  private static func names(
    _ text: String, alternatives: Bool, most: Int, work: inout Int
  ) throws -> [String] {
    guard most > 0 else { throw TooManyNames() }
    var names = [""]
    // What is the same in all names and stands before the next choice; it is put in only there, since
    // there may be thousands of braces that are none, and a million names.
    var literal = ""
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      literal += rest[..<open]
      rest = rest[open...]
      guard let close = closing(of: open, in: rest) else { break }
      let inside = rest[rest.index(after: open)..<close]
      guard
        let choices = try choices(inside, alternatives: alternatives, most: most, work: &work)
      else {
        // A literal brace; what is inside may still have some that are none.
        literal += "{"
        rest = rest[rest.index(after: open)...]
        continue
      }
      rest = rest[rest.index(after: close)...]
      if choices.count == 1 {
        literal += choices[0]
        continue
      }
      let count = names.count * choices.count
      work -= count
      guard count <= most, count * text.utf8.count <= mostNameBytes, work >= 0 else {
        throw TooManyNames()
      }
      names = names.flatMap { name in choices.map { name + literal + $0 } }
      literal = ""
    }
    return names.map { $0 + literal + rest }
  }

  /// What a brace expands to, or nil when it is not a brace.
  private static func choices(
    _ inside: Substring, alternatives: Bool, most: Int, work: inout Int
  ) throws -> [String]? {
    if let numbers = try numbers(inside, most: most) { return numbers }
    guard alternatives else { return nil }
    let parts = topLevelParts(inside)
    guard parts.count > 1 else { return nil }
    var all: [String] = []
    for part in parts {
      all += try names(String(part), alternatives: true, most: most - all.count, work: &work)
    }
    return all
  }

  /// Whether `text` has a wildcard.
  static func isGlob(_ text: String) -> Bool {
    text.contains { "*?[".contains($0) }
  }

  /// The files that `pattern` matches, in bytewise order.
  static func glob(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard
      FilePath(text: pattern).withPlatformString({ Foundation.glob($0, GLOB_NOSORT, nil, &found) })
        == 0, let paths = found.gl_pathv
    else {
      return []
    }
    return (0..<Int(found.gl_pathc)).compactMap {
      paths[$0].map { FilePath(platformString: $0).text }
    }
    .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
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
  private static func numbers(_ inside: Substring, most: Int) throws -> [String]? {
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
    guard abs(high - low) < most else { throw TooManyNames() }
    let isPadded = [first, last].contains { $0.count > 1 && $0.first == "0" }
    let width = isPadded ? max(first.count, last.count) : 0
    return stride(from: low, through: high, by: low <= high ? 1 : -1).map { number in
      let digits = String(number)
      return Format.padded(digits, digits: width)
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
