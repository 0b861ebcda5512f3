import Files
import Foundation
import SystemPackage

/// A path as a recipe gives it: with `~`, `${VAR}` and relative to one of several folders.
struct RecipePath {
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

  /// The absolute path: in the first of `folders` where it exists, otherwise in the working
  /// directory.
  func resolved(in folders: [String]) throws -> String {
    let path = try expanded()
    guard !path.isEmpty else { throw Problem(message: "the path is empty; give one or remove it") }
    if path.hasPrefix("/") { return Self.absolute(path) }
    let candidates = folders.map { Self.absolute("\($0)/\(path)") }
    return candidates.first(where: Self.exists) ?? Self.absolute(path)
  }

  /// Whether a path leads somewhere; of a pattern (`shards/{000..099}.tar`) the folders before it.
  private static func exists(_ path: String) -> Bool {
    let isOpen: (Character) -> Bool = { "{*?[".contains($0) }
    guard !FilePath(text: path).exists, let open = path.firstIndex(where: isOpen)
    else { return FilePath(text: path).exists }
    let fixed = path[..<open].split(separator: "/", omittingEmptySubsequences: false).dropLast()
    return FilePath(text: fixed.joined(separator: "/")).exists
  }

  /// The path with `~` and every `${VAR}` replaced.
  func expanded() throws -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.range(of: "${") {
      result += rest[..<start.lowerBound]
      guard let end = rest[start.upperBound...].firstIndex(of: "}") else {
        throw Problem(message: "\"\(text)\" has a ${ without a }; close it")
      }
      let name = String(rest[start.upperBound..<end])
      let value = ProcessInfo.processInfo.environment[name]
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

  private static func absolute(_ path: String) -> String {
    FilePath(text: path).absolute.text
  }
}
