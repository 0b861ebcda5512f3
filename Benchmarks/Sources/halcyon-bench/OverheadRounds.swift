import ArgumentParser
import Foundation
import ImageData
import Models
import Pipeline
import Ranking
import Recipes
import Shards
import Terminal
import Torch
import Training

/// `halcyon score` on shards of JPEGs: reading, decoding, the teacher, ranking and writing. What it
/// does once a process (loading and folding the teacher) is left out, as it is in a long run.
struct OverheadRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "overhead")

  @OptionGroup var work: NetworkWork

  @Option(help: "A folder of JPEGs.")
  var photos: String

  @Option(help: "Where the shards and the run are kept while they last.")
  var runs: String

  @Option(help: "Pictures in a round.")
  var images = 512

  private static let perShard = 10_000

  func run() throws {
    let folder = "\(runs)/\(ProcessInfo.processInfo.processIdentifier)"
    try FileManager.default.createDirectory(
      atPath: folder + "/shards", withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try writePictures(to: folder)
    let run = try Run(
      recipe: recipe(in: folder), directory: folder + "/run", computing: [.teacher],
      console: Console(quiet: true))
    try TrainTeacher.perform(in: run)

    try serve(cost: work.cost()) {
      let scores = run.directory.scoresFolder
      for name in try FileManager.default.contentsOfDirectory(atPath: scores) {
        try FileManager.default.removeItem(atPath: "\(scores)/\(name)")
      }
      try ScoreImages.perform(in: run)
      let records = try FileManager.default.contentsOfDirectory(atPath: scores)
        .filter { $0.hasSuffix(".json") }.map { try ShardRecord(path: "\(scores)/\($0)") }
      let seconds = records.reduce(0) { $0 + $1.seconds }
      return records.reduce(0.0) { $0 + Double($1.count) } / seconds
    }
  }

  /// The pictures as shards, and a few of them as a labelled set.
  private func writePictures(to folder: String) throws {
    let pictures = try openDataset(photos, unlabelled: true)
    var shard: TarWriter?
    var list = "path,label\n"
    for index in 0..<images {
      if index % Self.perShard == 0 {
        try shard?.finish()
        let number = String(index / Self.perShard)
        let digits = String(repeating: "0", count: 5 - number.count) + number
        shard = try TarWriter(path: "\(folder)/shards/\(digits).tar")
      }
      let file = try pictures.read(at: index % pictures.count).asFile()
      try shard?.append("\(index).\(file.extension)", file.bytes)
      guard index < work.batch else { continue }
      list += "\(index).\(file.extension),\(index % 2 == 0 ? "a" : "b")\n"
      try file.bytes.write(to: URL(fileURLWithPath: "\(folder)/\(index).\(file.extension)"))
    }
    try shard?.finish()
    try Data(list.utf8).write(to: URL(fileURLWithPath: "\(folder)/labelled.csv"))
  }

  /// One step of training makes a teacher whose speed is that of any other.
  private func recipe(in folder: String) throws -> Recipe {
    var recipe = Recipe(
      name: "overhead", labelled: "\(folder)/labelled.csv", unlabelled: "\(folder)/shards")
    recipe.teacher.model = work.model
    recipe.teacher.training.images = work.batch
    recipe.teacher.training.batch = work.batch
    recipe.teacher.training.warmUpImages = 0
    recipe.ranking.batch = work.batch
    recipe.ranking.precision = Recipe.ScoringPrecision(rawValue: work.precision.rawValue) ?? .auto
    recipe.ranking.leaveOut = .keep
    recipe.baseline.enabled = false
    recipe.input.size = work.size
    try recipe.validate()
    return recipe
  }
}
