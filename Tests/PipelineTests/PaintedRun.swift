import Foundation
import ImageData
import Ranking
import Recipes
import Terminal
import TestSupport
import Training

@testable import Pipeline

/// A run directory with painted pictures and a selection that no teacher made.
struct PaintedRun {
  let folder: TemporaryFolder
  var recipe: Recipe
  var directory: String { folder.path + "/run" }

  /// Pictures of three classes, two of each labelled, the others U, whose truth is therefore known.
  init() throws {
    folder = try TemporaryFolder()
    recipe = Recipe(name: "painted", labelled: folder.path + "/d", unlabelled: Recipe.Data.rest)
    for (index, name) in Self.names.enumerated() {
      for picture in 0..<8 {
        try paint("d/\(name)/\(picture).png", seed: 10 * index + picture)
      }
    }
    recipe.data.labelledCount = 2 * Self.names.count
    recipe.ranking.imagesPerClass = 4
    recipe.device = .cpu
    recipe.threads = .count(1)
    recipe.workers = 1
  }

  /// Classes whose names are no harmless words.
  static let names = ["<b>old", "R&D \"x\"", "it's"]

  /// Writes a picture of 60 × 40 pixels in colour.
  func paint(_ name: String, seed: Int, width: Int = 60, height: Int = 40) throws {
    let pixels = (0..<width * height * 3).map { UInt8(($0 * 31 + seed * 97 + $0 / 7) % 256) }
    let file = URL(fileURLWithPath: "\(folder.path)/\(name)")
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Thumbnail(pixels: pixels, width: width, height: height, channels: 3, format: .png)
      .bytes.write(to: file)
  }

  func open(needsImages: Bool = true) throws -> Run {
    try Run(
      recipe: recipe, directory: directory, needsImages: needsImages, computing: [],
      console: Console(quiet: true))
  }

  /// Leaves a selection in the run's directory: class c has, from rank 1 on, the images `images(c)` of
  /// U, with log-odds 4, 3, 2, …
  func select(in run: Run, _ images: (Int) -> [Int]) throws {
    let labels = run.data.classNames.indices.flatMap { index in
      images(index).enumerated().map { rank, image in
        (SampleID(shard: 0, position: UInt32(image)), index, Float(4 - rank)) as Selection.Listed
      }
    }
    try Selection.listed(
      labels, classes: run.data.classNames.count, imagesPerClass: recipe.ranking.imagesPerClass,
      classesPerSample: 2, in: self.folder
    ).write(to: run.directory.selectionPath)
    let folder = run.directory.folder(of: .ranking)
    try StageMarker(
      .ranking, of: recipe, folder: folder, outputs: ["selected.bin"], seconds: 2,
      imagesSeen: run.data.unlabelled.count
    ).write(to: folder)
  }

  /// The report as it was written.
  func report() throws -> String {
    try String(contentsOfFile: directory + "/report.html", encoding: .utf8)
  }
}
