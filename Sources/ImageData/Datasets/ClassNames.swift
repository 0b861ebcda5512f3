import Foundation

/// Names for labels that are numbers, as a file `classes.txt` gives them: one a line, from 0 on.
enum ClassNames {
  static let file = "classes.txt"

  /// The names in `folder`, or nil where it has no such file.
  static func names(in folder: String) -> [String]? {
    let path = folder.isEmpty ? file : folder + "/" + file
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    let names = text.split(whereSeparator: \.isNewline)
      .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    return names.isEmpty ? nil : names
  }
}
