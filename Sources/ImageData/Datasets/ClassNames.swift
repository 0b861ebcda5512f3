import Files
import Foundation
import SystemPackage

/// Names for labels that are numbers, as a file `classes.txt` gives them: one a line, from 0 on.
enum ClassNames {
  static let file = "classes.txt"

  /// The names in `folder`, or nil where it has no such file.
  static func names(in folder: FilePath) -> [String]? {
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
    case let files as IDXDataset: return files.placeForClassNames
    case let shards as IndexedCollection: return shards.placeForClassNames
    default: return nil
    }
  }
}
