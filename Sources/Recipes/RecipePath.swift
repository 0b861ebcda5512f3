import Files
import Foundation
import SystemPackage

/// A path as a recipe gives it: with `~`, `${VAR}` and relative to one of several folders.
package struct RecipePath {
  /// What is wrong with a path.
  struct Problem: Error {
    let message: String
  }

  private let text: String
  private let keepsUnset: Bool

  /// The path `text`; with `keepsUnset` a variable that is not set stays as it is written.
  init(_ text: String, keepsUnset: Bool = false) {
    self.text = text
    self.keepsUnset = keepsUnset
  }

  /// Where a path leads.
  struct Place {
    /// The absolute path.
    let path: String
    /// Another place that the same words lead to, if there is something else.
    var passedOver: String?
  }

  /// The absolute path: in the first of `folders` where it exists, otherwise in the working
  /// directory.
  func resolved(in folders: [String]) throws(Problem) -> Place {
    let path = try expanded()
    guard !path.isEmpty else { throw Problem(message: "the path is empty; give one or remove it") }
    guard !path.utf8.contains(0) else { throw Problem(message: "the path holds a zero byte") }
    if path.hasPrefix("/") { return Place(path: Self.absolute(path)) }
    let found = folders.map { Self.absolute("\($0)/\(path)") }.filter(Self.exists)
    guard let first = found.first else { return Place(path: Self.absolute(path)) }
    // Where a variable is not known yet, neither is what there is.
    let other = found.dropFirst().first { !Self.isSame($0, first) && !path.contains("${") }
    return Place(path: first, passedOver: other)
  }

  private static func isSame(_ left: String, _ right: String) -> Bool {
    let (left, right) = (FilePath(text: left), FilePath(text: right))
    return (left.real ?? left) == (right.real ?? right)
  }

  /// Whether a path leads somewhere; of a pattern (`shards/{000..099}.tar`) the folders before it.
  private static func exists(_ path: String) -> Bool {
    let isOpen: (Character) -> Bool = { "{*?[".contains($0) }
    guard !FilePath(text: path).exists, let open = path.firstIndex(where: isOpen)
    else { return FilePath(text: path).exists }
    // The text ends within the first part that is open.
    return FilePath(text: path[..<open] + "x").folder.exists
  }

  /// The path with `~` and every `${VAR}` replaced.
  func expanded() throws(Problem) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.range(of: "${") {
      result += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
        throw Problem(message: "\"\(text)\" has a ${ without a }; close it")
      }
      let name = String(rest[start.upperBound..<end])
      let value = Self.variable(name)
      guard value != nil || keepsUnset else {
        throw Problem(
          message: "the environment variable \(name) is not set; set it, or give a path")
      }
      result += value ?? "${\(name)}"
      rest = rest[rest.index(after: end)...]
    }
    result += rest
    if result == "~" || result.hasPrefix("~/") {
      result = NSHomeDirectory() + result.dropFirst()
    }
    return result
  }

  /// The variable's value, whose bytes need not be UTF-8.
  private static func variable(_ name: String) -> String? {
    getenv(name).map { PathText.text(of: UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
  }

  private static func absolute(_ path: String) -> String {
    FilePath(text: path).absolute.text
  }
}
