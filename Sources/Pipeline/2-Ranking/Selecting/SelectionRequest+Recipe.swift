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
    let unlabelled = run.data.unlabelled
    if let absence = unlabelled.absence {
      throw PipelineError.data(
        "\(unlabelled.name): the strategy needs their hashtags, and they cannot be read: \(absence)"
      )
    }
    let tags = try UnlabelledTags(run.recipe, of: unlabelled, classNames: run.data.classNames)
    try tags.requireMeaning(run.recipe)
    self.init(inRanges: { shard, positions, each in
      let first = unlabelled.range(ofShard: shard).lowerBound
      for position in positions {
        for index in tags.classes(at: first + position) { each(position, index) }
      }
    })
  }
}
