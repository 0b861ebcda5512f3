public import Files
public import Foundation

/// Why a recipe, or a change to one, cannot be followed: one line with file, line, what is wrong and what
/// to do.
public struct RecipeError: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// The line.
  public let description: String

  /// The error that `description` says.
  public init(_ description: String) { self.description = description }

  /// 64: a wrong request.
  public var exitCode: Int32 { 64 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}

/// A reason why a run cannot be made.
public struct Problem: Equatable, Sendable, Encodable {
  /// What is wrong, on which file, and what to do.
  public let message: String
  /// The exit code of an error with this problem alone.
  public let exitCode: Int32
  /// The recipe's key at fault, if one is.
  public let key: String?

  /// The problem that `message` says.
  package init(_ message: String, exitCode: Int32, key: String? = nil) {
    self.message = message
    self.exitCode = exitCode
    self.key = key
  }
}

/// All reasons why a run cannot be made, at least one.
public struct Problems: LocalizedError, ExitCoded, Equatable, CustomStringConvertible {
  /// The reasons.
  public let list: [Problem]

  /// The error of these reasons; nil where there are none.
  package init?(_ list: [Problem]) {
    guard !list.isEmpty else { return nil }
    self.list = list
  }

  /// The exit code of the first.
  public var exitCode: Int32 { list.first?.exitCode ?? 65 }

  /// One line for each.
  public var description: String { list.map(\.message).joined(separator: "\n") }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
