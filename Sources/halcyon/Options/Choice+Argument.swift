import ArgumentParser
import Pipeline
import Recipes

extension Choice {
  /// The choice that an option's value names.
  /// - Throws: `ValidationError` with the words there are and the one that was meant.
  @Sendable static func named(_ text: String) throws -> Self {
    if let choice = Self(rawValue: text) { return choice }
    let hint = word(near: text).map { "; did you mean \($0)?" } ?? ""
    throw ValidationError("it must be \(words)\(hint)")
  }

  /// The words for a shell that completes the option.
  static var completion: CompletionKind { .list(allCases.map(\.rawValue)) }
}
