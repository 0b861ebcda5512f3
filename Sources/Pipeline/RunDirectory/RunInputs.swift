import Files
import Foundation
import ImageData
import Recipes
import Torch

/// What a start finds that results depend on: the recipe, the pictures, given weights, the machine.
struct RunInputs {
  let recipe: Recipe
  let device: String
  let precision: String
  /// What each of the labelled sets is, by name.
  let sets: [String: ImagesIdentity]
  /// The pictures that U must not hold; nil where they are not known.
  let leftOut: String?
  /// U at a glance; nil where it is not there.
  let unlabelled: String?
  /// W and V, by the stage that learns them; none where they are not there or not asked for.
  let learned: [Stage: LearnedImages]
  let workers: Int
  /// The SHA-256 of the weights that networks start from, of the scores of other teachers and of the lists of U's tags,
  /// by the keys that name them.
  let given: [String: String]

  /// The sets that are only measured on; nil where they are not known.
  var measured: [String: ImagesIdentity]? {
    leftOut == nil ? nil : sets.filter { $0.key != "labelled" }
  }

  /// That of the scores.
  private var scoringPrecision: String {
    Precision(rawValue: precision).map { recipe.scoringPrecision(beside: $0).rawValue } ?? precision
  }

  /// What `stage` would be made of now, after the stages before it in `directory`.
  func inputs(of stage: Stage, in directory: RunDirectory) -> StageInputs {
    var inputs = StageInputs(
      settings: recipe.settings(of: stage), device: device,
      precision: stage == .ranking ? scoringPrecision : precision,
      libtorch: Libtorch.version)
    let isConsistent = recipe.consistency(of: stage) != nil
    if stage.facts.learnsFromLabels || isConsistent
      || stage == .student && recipe.student.mixLabelled > 0
    {
      inputs.labelled = sets["labelled"]
    }
    if let (earlier, file) = recipe.beginning(of: stage),
      let marker = try? StageMarker(in: directory.folder(of: earlier))
    {
      inputs.files["\(earlier.folder)/\(file)"] = marker.outputs[file]
    }
    // What it reads of U is known by U, and by what was found in it that it must not hold.
    if isConsistent { (inputs.leftOut, inputs.unlabelled) = (leftOut, unlabelled) }
    if isConsistent, let marker = try? StageMarker(in: directory.folder(of: .ranking)) {
      inputs.files["\(Stage.ranking.folder)/selected.bin"] = marker.outputs["selected.bin"]
    }
    if stage == .student, recipe.student.targets == .teacher {
      let marker = try? StageMarker(in: directory.folder(of: .teacher))
      inputs.files["the teacher"] = marker?.outputs["model.safetensors"]
    }
    if stage == .teacher, let earlier = directory.earlierRound {
      let marker = try? StageMarker(in: earlier.directory.folder(of: .fineTuning))
      inputs.files["the student of round \(earlier.number)"] = marker?.outputs["model.safetensors"]
    }
    if let key = stage.facts.startFrom?.key { inputs.files[key] = given[key] }
    if stage.facts.learns == .own {
      inputs.leftOut = leftOut
      inputs.learned = learned[stage]?.identity(
        LearnedNotes(of: stage, in: directory, workers: workers))
    }
    if stage == .ranking {
      (inputs.leftOut, inputs.unlabelled) = (leftOut, unlabelled)
      for key in [StageInputs.teachers] + StageInputs.tags { inputs.files[key] = given[key] }
    }
    // A note that is damaged is said where it is followed.
    if recipe.learnsSelected(stage) {
      inputs.cache = (try? CacheNote(in: directory))?.format.words
    }
    return inputs
  }
}

extension RunInputs {
  /// What the sets of `data` are, whose contents `known` has.
  init(
    _ recipe: Recipe, _ device: Device, _ precision: Precision, _ data: RunData,
    _ known: KnownImages, given: [String: String], workers: Int
  ) {
    self.recipe = recipe
    self.device = device.kind.rawValue
    self.precision = precision.rawValue
    self.given = given
    learned = data.learned
    self.workers = workers
    unlabelled =
      data.unlabelled.absence != nil ? nil : RunData.fingerprint(of: data.unlabelled)
    guard known.isLooked else {
      (sets, leftOut) = ([:], nil)
      return
    }
    sets = data.knownSets.reduce(into: [:]) { sets, set in
      sets[set.name] = ImagesIdentity(of: set.dataset, known.contents(of: set.name))
    }
    leftOut = ImagesIdentity.leftOut(
      data.knownSets.filter(\.isLeftOut).map { known.contents(of: $0.name) })
  }
}
