import Files
import Recipes
import Terminal
import Torch

extension Preflight {
  /// Finds what the results in `directory` were made otherwise of, which a start refuses or, with
  /// `redoing`, makes again; and which of them would only be measured again.
  /// - Returns: The stages that would be made again.
  /// - Throws: `Stopped`.
  mutating func checkResults(
    in directory: RunDirectory, of recipe: Recipe, _ opened: RunData.Opened, _ device: Device,
    redoing: Bool
  ) throws -> [Stage] {
    let found = try attempt("--out") { () -> (RunInputs, StaleStages, PipelineError?) in
      let note = "\(directory.knownFolder)/weights.json"
      let given = try GivenFiles.all(of: recipe, notedAt: note)
      let now = RunInputs(
        recipe, device, Run.precision(recipe.precision, on: device), opened.data, opened.known,
        given: given.hashes, workers: Threads.cores)
      let earlier = try directory.recipe()
      let stale = try StaleStages(
        in: directory, earlier: earlier, now, computing: Set(Stage.allCases))
      guard !stale.isEmpty else {
        if !redoing {
          try directory.requireSameImages(
            as: opened.data, recipe, access: .alone, redoing: false)
        }
        return (now, stale, nil)
      }
      return (
        now, stale,
        stale.refusal(
          of: directory, isEdited: earlier.settings == recipe.settings, now,
          changes: { directory.labelledChanges(opened.data, opened.known) })
      )
    }
    guard let (now, stale, refusal) = found else { return [] }
    if let refusal {
      if redoing {
        let titles = stale.stages.map(\.title).joined(separator: ", ")
        warn("--redo removes and runs again: \(titles)", key: "--redo")
      } else {
        try note(refusal, key: "--out")
      }
    }
    for stage in Stage.allCases where recipe.includes(stage) && !stale.stages.contains(stage) {
      let state = try attempt("--out") {
        try StageMarker.state(
          of: stage, in: directory.folder(of: stage), for: recipe, measuredOn: now.measured)
      }
      guard case .done(let marker, measured: false)? = state, stage.isMeasured else { continue }
      warn("\(stage.title): \(marker.whyMeasuredAgain(on: now.measured))", key: "data.test")
    }
    return stale.stages
  }
}

extension StageMarker {
  /// Why a finished network is measured again, in words.
  func whyMeasuredAgain(on now: [String: ImagesIdentity]?) -> String {
    let changed = (now ?? [:]).filter { measuredOn?[$0.key] != $0.value }.keys.sorted()
    guard measuredOn != nil, !changed.isEmpty else {
      return "what it is measured by has changed; it is measured again, not trained"
    }
    return
      "the \(changed.joined(separator: " and ")) pictures or their labels are not those that it was "
      + "measured on; it is measured again, not trained"
  }
}
