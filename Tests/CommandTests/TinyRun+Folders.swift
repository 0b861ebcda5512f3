import Foundation
import Recipes
import TestSupport
import Testing

extension TinyRun {
  /// PNG folders `d` (10 of each class), `u` (90) and `t` (6 of each class) beside the IDX files, and a
  /// recipe for them, whose text `change` may change.
  static func ofFolders(_ change: (String) -> String = { $0 }) throws -> TinyRun {
    let tiny = try TinyRun()
    try TinyImages(60, seed: 5).writePNG(to: tiny.folder, "d", labelled: true)
    try TinyImages(90, seed: 6).writePNG(to: tiny.folder, "u", labelled: false)
    try TinyImages(36, seed: 7).writePNG(to: tiny.folder, "t", labelled: true)
    let data = "  labelled: d\n  unlabelled: u\n  test: t\n"
    let start = try #require(recipe.range(of: "  labelled: data\n")).lowerBound
    let end = try #require(recipe.range(of: "  shardSize")).lowerBound
    try tiny.folder.write(
      change(recipe.replacingCharacters(in: start..<end, with: data)), to: "tiny.yaml")
    return tiny
  }
}
