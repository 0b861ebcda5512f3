import Files
import Foundation
package import SystemPackage

/// Names for labels that are numbers, as a file `classes.txt` gives them: one a line, from 0 on.
package enum ClassNames {
  package static let file = "classes.txt"

  /// The names in `folder`, or nil where it has no such file.
  package static func names(in folder: FilePath) -> [String]? {
    guard let data = try? folder.joined(file).contents() else { return nil }
    let names = String(decoding: data, as: UTF8.self).split(whereSeparator: \.isNewline)
      .map { ClassName.trimmed(String($0)) }.filter { !$0.isEmpty }
    return names.isEmpty ? nil : names
  }
}
