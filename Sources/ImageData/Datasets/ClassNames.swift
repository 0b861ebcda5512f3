package import Files
package import Foundation
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

extension ImageDataset {
  /// Where a file `classes.txt`, a name a line from 0 on, would say what the classes are called; nil where
  /// they have other names than their numbers.
  public var placeForClassNames: String? {
    guard !classes.isEmpty, classes.allSatisfy({ Int($0) != nil }) else { return nil }
    switch self {
    case let subset as IndexedSubset: return subset.base.placeForClassNames
    case let other as Relabelled: return other.base.placeForClassNames
    default: return (self as? any NumberedClasses)?.fileForClassNames
    }
  }
}

/// A data set whose labels are numbers, unless a file `classes.txt` names them.
package protocol NumberedClasses {
  /// Where that file would be; nil where it is, or where the classes have names.
  var fileForClassNames: String? { get }
}
