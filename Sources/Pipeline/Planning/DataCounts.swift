import Files
import Foundation
import ImageData
import Recipes
import Shards
import SystemPackage
import Terminal
import Torch
import Training

/// How many pictures there are: counted, or as the recipe says where they are not there.
struct DataCounts: Equatable {
  let labelled: Int
  let unlabelled: Int
  let classes: Int
  /// Examples of W and V, and their classes, by the stage that learns them; none where that is not known.
  var learned: [Stage: Learned] = [:]
  /// Of U.
  var shards = 1
  /// Whether the pictures were counted, not only described.
  var areCounted = true
  /// What a cache of U's pictures would cost and save; nil where they are no larger, or not there.
  var cache: CacheEstimate?
  /// The stages of a begun run that would be made again.
  var redone: [Stage] = []

  /// What a stage learns from that is not D.
  struct Learned: Equatable {
    let images: Int
    let classes: Int

    init(images: Int, classes: Int) { (self.images, self.classes) = (images, classes) }

    init(_ pictures: LearnedImages) {
      self.init(images: pictures.count, classes: pictures.classNames.count)
    }
  }

  init(labelled: Int, unlabelled: Int, classes: Int) {
    self.labelled = labelled
    self.unlabelled = unlabelled
    self.classes = classes
  }

  /// Counts the pictures of `recipe`, and notes what speaks against them; nil where that is a problem.
  /// - Throws: `Stopped`.
  init?(
    _ recipe: Recipe, in directory: RunDirectory?, device: Device?, redoing: Bool,
    noting preflight: inout Preflight
  ) throws {
    let data = recipe.data
    let isThere = [
      data.labelled, data.unlabelledIsRest ? nil : data.unlabelled, data.test, data.tagged,
    ]
    .allSatisfy { $0.map { FilePath(text: $0).exists } ?? true }
    // Which is refused, whatever the recipe says of how many there are.
    let isRemote = [data.labelled, data.validation, data.test]
      .contains { $0.map(RecipePath.isRemote) ?? false }
    if !isThere, !isRemote, let labelled = data.labelledImages,
      let unlabelled = data.unlabelledImages, let classes = data.classCount,
      data.tagged == nil || data.taggedImages != nil && data.tagClassCount != nil
    {
      self.init(labelled: labelled, unlabelled: unlabelled, classes: classes)
      areCounted = false
      preflight.warnOfIdleKeys(of: recipe)
      if data.tagged != nil, let images = data.taggedImages, let classes = data.tagClassCount {
        learned[.pretraining] = Learned(images: images, classes: classes)
      }
      if let task = recipe.teacher.fineTuneOn.labelled {
        preflight.warn(
          "teacher.fineTuneOn.labelled: \(task) is not counted where pictures are not there, and neither "
            + "is the training on it",
          key: "teacher.fineTuneOn.labelled")
      }
      try preflight.checkTrainings(
        of: recipe, labelled: labelled, classCount: classes,
        learned: learned, device: nil, isFinished: { _ in false })
      return
    }
    let cores = Threads.cores
    let counts = try Indexing.temporarily(workers: cores, Console()) { indexing in
      try DataCounts(
        counting: recipe,
        RunData.Opening(
          workers: cores, indexing: indexing, directory: directory, device: device,
          mostCompared: 200_000),
        redoing: redoing, noting: &preflight)
    }
    guard let counts else { return nil }
    self = counts
  }

  private init?(
    counting recipe: Recipe, _ opening: RunData.Opening, redoing: Bool,
    noting preflight: inout Preflight
  ) throws {
    guard let opened = try RunData.open(recipe, opening, noting: &preflight) else { return nil }
    for line in PassedOver.lines(of: opened.data.datasets) {
      preflight.warn(line, key: "data")
    }
    self.init(
      labelled: opened.data.labelled.count, unlabelled: opened.data.unlabelled.count,
      classes: opened.data.classNames.count)
    learned = opened.data.learned.mapValues(Learned.init)
    shards = opened.data.unlabelled.shardCount
    cache = try CacheEstimate(of: opened.data.unlabelled, recipe)
    if let directory = opening.directory, let device = opening.device {
      redone = try preflight.checkResults(
        in: directory, of: recipe, opened, device, redoing: redoing)
    }
  }
}
