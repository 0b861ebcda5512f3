import Foundation
import ImageData
import Torch

extension Run {
  /// What a run is opened with.
  struct Opening {
    let claim: RunClaim
    let device: Device
    let precision: Precision
    let workers: Int
    let console: Console
    let redoing: Bool
    let needsPictures: Bool
    let computed: Set<Stage>
    let access: Access
  }

  /// The run's pictures and what results depend on, and its directory made ready for them.
  ///
  /// What was made otherwise is refused before anything is written that a later start would take for
  /// the truth.
  static func pictures(_ recipe: Recipe, _ opening: Opening) throws
    -> (RunData, KnownPictures, RunInputs)
  {
    let (directory, access) = (opening.claim.directory, opening.access)
    if access != .alone { try directory.requireSameScores(recipe) }
    var data = try open(recipe, opening)
    try opening.claim.take()
    let known = try KnownPictures(
      access == .reading || !data.isThere ? nil : data, alike: recipe.ranking.leaveOut == .near,
      keptIn: directory.knownFolder, trusting: access == .shared,
      maxPixels: recipe.data.maxPixels, workers: opening.workers)
    try data.refuseMeasuredPicturesAmongOthers(known)
    let note = "\(directory.knownFolder)/weights.json"
    let weights =
      access == .reading
      ? nil : try recipe.teacher.startFrom.flatMap { try GivenWeights(of: $0, notedAt: note) }
    let inputs = RunInputs(
      recipe, opening.device, opening.precision, data, known, startFrom: weights?.sha256)
    if access != .reading {
      let isAlone = access == .alone
      let unknown = try directory.reconcile(
        with: inputs, computing: opening.computed, onlyScoring: !isAlone,
        redoing: isAlone && opening.redoing,
        changes: { directory.labelledChanges(data, known) })
      if isAlone { try fill(unknown, inputs, in: directory, opening.console) }
    }
    if data.isThere, !(data.unlabelled is any AbsentPictures) {
      do {
        try directory.requireSamePictures(
          as: data, recipe, access: access, redoing: opening.redoing)
      } catch is PipelineError where !opening.needsPictures {
        data.loseUnlabelled(
          RunData.unlabelled(
            in: directory, recipe, because: "they are not those that the run was begun with"))
      }
    }
    if access == .alone, data.isThere {
      try directory.settle(recipe)
      if !(data.unlabelled is any AbsentPictures) {
        try directory.note(data, recipe, inputs, known)
      }
      try weights?.write(to: note)
    }
    return (data, known, inputs)
  }

  /// Opens the run's pictures; where none is needed, the directory's memory stands in for those that
  /// are not there.
  private static func open(_ recipe: Recipe, _ opening: Opening) throws -> RunData {
    let (directory, access) = (opening.claim.directory, opening.access)
    let isIndexed = IndexedCollection.exists(in: directory.indexFolder)
    let indexing =
      access == .reading && !isIndexed
      ? nil
      : RunData.Indexing(
        folder: directory.indexFolder, workers: opening.workers,
        isFixed: access != .alone || !opening.needsPictures, console: opening.console,
        prepare: opening.claim.take)
    do {
      var data = try RunData(
        recipe, workers: opening.workers, needsUnlabelled: opening.needsPictures,
        indexing: indexing)
      if let missing = data.unlabelled as? MissingPictures {
        data.loseUnlabelled(
          RunData.unlabelled(in: directory, recipe, because: missing.reason))
      }
      return data
    } catch  where !opening.needsPictures {
      opening.console.note(
        "\(PipelineError.line(about: error)); \(directory.path) says what was there")
      let unlabelled =
        recipe.data.unlabelledIsRest ? nil : try? openUnlabelled(recipe.data, indexing)
      return try RunData(
        rememberedIn: directory, recipe, unlabelled: unlabelled, because: error)
    }
  }

  /// Notes of stages that an earlier version finished what it did not note: what is there now.
  private static func fill(
    _ stages: [Stage], _ inputs: RunInputs, in directory: RunDirectory, _ console: Console
  ) throws {
    guard !stages.isEmpty else { return }
    for stage in stages {
      let folder = directory.folder(of: stage)
      guard var marker = try StageMarker(in: folder) else { continue }
      var made = inputs.inputs(of: stage, in: directory)
      (made.device, made.precision, made.libtorch) = (nil, nil, nil)
      marker.inputs = made
      marker.measuredOn = inputs.measured
      try marker.write(to: folder)
    }
    console.note(
      "\(directory.path): an earlier version finished \(stages.map(\.title).joined(separator: ", ")) "
        + "and did not note its pictures; those of now are taken for them")
  }
}
