import Files
import Foundation
import ImageData
import Ranking
import Recipes
import Shards

extension SelectionRequest {
  /// What a run's recipe asks for.
  /// - Throws: `PipelineError.data` when a map of tags names classes that D has not.
  init(in run: Run, scored: [ScoredShard], missing: [String]) throws {
    let ranking = run.recipe.ranking
    self.init(
      shards: scored,
      classesPerSample: min(ranking.labelsPerImage, run.data.classNames.count),
      imagesPerClass: ranking.imagesPerClass)
    missingShards = missing
    allowsMissingShards = ranking.allowMissing
    minimumScore = ranking.minimumScore.map { Float($0) } ?? -.infinity
    let seed = UInt64(bitPattern: Int64(ranking.fractionSeed))
    fraction = try SampleFraction(ranking.fraction, seed: seed)
    fillsByRepetition = ranking.fillByRepetition
    switch ranking.strategy {
    case .balanced: strategy = .balanced
    case .unbalanced:
      strategy = .unbalanced(
        ranking.classCounts.isEmpty
          ? .zipf(exponent: ranking.zipfExponent) : .counts(ranking.classCounts))
    case .tags: strategy = .tags(try SampleTags(in: run), seed: seed)
    case .tagsRanked: strategy = .tagsRanked(try SampleTags(in: run))
    }
  }
}

extension SampleTags {
  /// The classes that the tags of U's pictures mean.
  init(in run: Run) throws {
    guard let path = run.recipe.ranking.tags ?? run.recipe.data.requireTags else {
      throw RecipeError("ranking.tags is missing: which class does a tag mean?")
    }
    if let absence = run.data.unlabelled.absence {
      throw PipelineError.data(
        "\(run.data.unlabelled.name): the strategy needs their hashtags, and they cannot be read: "
          + absence)
    }
    let map = try TagMap(contentsOf: path)
    let places = Dictionary(
      zip(run.data.classNames, run.data.classNames.indices), uniquingKeysWith: { first, _ in first }
    )
    let unknown = map.classes.filter { places[$0] == nil }
    guard unknown.isEmpty else {
      throw PipelineError.data(
        "\(path): the labelled set has no class \(Format.few(unknown)); write the classes as the labelled set does"
      )
    }
    let unlabelled = run.data.unlabelled
    self.init(inRanges: { shard, positions, each in
      let first = unlabelled.range(ofShard: shard).lowerBound
      for position in positions {
        for tag in unlabelled.tags(at: first + position) {
          for name in map.classes(ofTag: tag) {
            if let index = places[name] { each(position, index) }
          }
        }
      }
    })
  }
}
