import Foundation
import ImageData
import Recipes
import Terminal
import Torch

extension Run {
  /// What a run is opened with.
  struct Opening {
    let claim: RunClaim
    let workers: Int
    let console: Console
    let redoing: Bool
    let needsImages: Bool
    let computed: Set<Stage>
    /// The stages that are made again where they were made otherwise.
    let remade: Set<Stage>
    let access: Access
    /// How many processes train together.
    var processes = 1
  }

  /// What a run is made of once it is opened.
  struct Opened {
    let data: RunData
    let known: KnownImages
    let inputs: RunInputs
    let device: Device
    let precision: Precision
    /// What was said before anything is computed.
    let warnings: [String]
  }

  /// The run's pictures, what computes and what results depend on, and its directory made ready for them.
  ///
  /// All that speaks against the run is looked for first, and what was made otherwise is refused before
  /// anything is written that a later start would take for the truth.
  static func open(_ reading: RecipeReading, _ opening: Opening) throws -> Opened {
    let recipe = reading.recipe
    let (directory, access) = (opening.claim.directory, opening.access)
    if access != .alone, access != .member { try directory.requireSameScores(reading.whole()) }
    let (pictures, device, warnings) = try openImages(reading, opening)
    let precision = Self.precision(recipe.precision, on: device)
    var data = pictures.data
    let known = pictures.known
    try opening.claim.take()
    let writes = access != .reading && access != .member
    if writes, data.isThere {
      try pictures.keepContents(in: directory.knownFolder)
      try known.unreadable.write(to: directory.knownFolder)
    }
    let note = "\(directory.knownFolder)/weights.json"
    let given =
      access == .reading ? [:] : try GivenFiles.all(of: recipe, notedAt: note)
    var hashes = given.hashes
    hashes[StageInputs.teachers] = ScoreProvenance.identity(
      ofMeanIn: recipe, classes: data.classNames)
    let inputs = RunInputs(
      recipe, device, precision, data, known, given: hashes, workers: opening.workers)
    if writes {
      let isAlone = access == .alone
      let unknown = try directory.reconcile(
        with: inputs, computing: opening.computed, remaking: opening.remade,
        onlyScoring: !isAlone, redoing: isAlone && opening.redoing, opening.console,
        beforeRemoving: { try opening.requireScores(removing: $0, recipe, data) },
        changes: { directory.labelledChanges(data, known) })
      if isAlone { try fill(unknown, inputs, in: directory, opening.console) }
    }
    if access != .member, data.isThere, data.unlabelled.absence == nil {
      if access == .alone, opening.redoing { try opening.requireGivenScores(recipe, data) }
      do {
        try directory.requireSameImages(
          as: data, recipe, access: access, redoing: opening.redoing)
      } catch is PipelineError where !opening.needsImages {
        data.loseUnlabelled(
          RunData.unlabelled(
            in: directory, recipe, because: "they are not those that the run was begun with"))
      }
    }
    if access == .alone, data.isThere {
      try directory.settle(recipe)
      if data.unlabelled.absence == nil {
        try directory.note(data, recipe, inputs, known)
      }
      if !given.isEmpty { try given.write(to: note) }
    }
    return Opened(
      data: data, known: known, inputs: inputs, device: device, precision: precision,
      warnings: warnings)
  }

  /// Opens the run's pictures, with all that speaks against the run; where none is needed, the
  /// directory's memory stands in for those that are not there.
  private static func openImages(_ reading: RecipeReading, _ opening: Opening) throws
    -> (RunData.Opened, Device, [String])
  {
    let recipe = reading.recipe
    let (directory, access) = (opening.claim.directory, opening.access)
    let indexing = Indexing(
      folder: directory.path, workers: opening.workers,
      isFixed: access != .alone || !opening.needsImages,
      mayMake: access != .reading && access != .member,
      readsImages: opening.needsImages, console: opening.console, prepare: opening.claim.take)
    var preflight = Preflight(reading.problems)
    // Who computes nothing needs no device, for example where a run's results were copied to.
    if !opening.needsImages { try preflight.refuseProblems() }
    let device =
      opening.needsImages
      ? try preflight.attempt("device") { try Self.device(recipe.device) }
      : (try? Self.device(recipe.device)) ?? .cpu
    do {
      let opened = try RunData.open(
        recipe,
        RunData.Opening(
          workers: opening.workers, needsUnlabelled: opening.needsImages, indexing: indexing,
          alike: recipe.looksForAlike, directory: directory, device: device,
          computed: opening.computed, access: access, processes: opening.processes),
        noting: &preflight)
      let isComputing = access == .alone && !opening.computed.isEmpty
      let warnings = isComputing ? preflight.warnings.map(\.message) : []
      warnings.forEach(opening.console.warn)
      try preflight.refuseProblems()
      guard var opened, let device else { throw PipelineError.data("nothing could be opened") }
      if isComputing {
        PassedOver.lines(of: opened.data.datasets).forEach { opening.console.say($0) }
      }
      if let absence = opened.data.unlabelled.absence, opened.data.unlabelled.count == 0 {
        opened.data.loseUnlabelled(
          RunData.unlabelled(in: directory, recipe, because: absence))
      }
      return (opened, device, warnings)
    } catch let error where !opening.needsImages {
      opening.console.note(
        "\(PipelineError.line(about: error)); \(directory.path) says what was there")
      let unlabelled =
        recipe.data.unlabelledIsRest ? nil : try? openUnlabelled(recipe.data, indexing)
      let data = try RunData(
        rememberedIn: directory, recipe, unlabelled: unlabelled, because: error)
      return (try RunData.Opened(remembered: data, in: directory), device ?? .cpu, [])
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
