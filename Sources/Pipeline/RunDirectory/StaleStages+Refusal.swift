import Recipes

extension StaleStages {
  /// The one line that says what was made otherwise, and what can be done.
  /// - Parameters:
  ///   - directory: The run directory.
  ///   - isEdited: Whether it is the directory's own recipe that asks for something else.
  ///   - now: What this start finds.
  ///   - makesAgain: Whether the command makes a stage again that `--redo` removes.
  ///   - changes: In what the labelled pictures differ, in words.
  /// - Returns: A usage error where it is the recipe's doing, else one of data.
  func refusal(
    of directory: RunDirectory, isEdited: Bool, _ now: RunInputs,
    makesAgain: (Stage) -> Bool = { _ in true }, changes: () -> String
  ) -> PipelineError {
    let path = directory.path
    let titles = stages.map(\.title).joined(separator: ", ")
    let order = now.recipe.settings.map(\.key)
    let keys = differences.compactMap(Self.key).sorted { left, right in
      let places = [left, right].map { text in
        order.firstIndex { text.hasPrefix($0 + " ") } ?? order.count
      }
      return places[0] < places[1]
    }
    let machine = differences.compactMap { machineText($0, now) }
    // Other settings draw other pictures: then the recipe is what differs.
    let isDrawnOtherwise = differences.contains { difference in
      guard case .setting(let key, _, _) = difference else { return false }
      return Recipe.drawsImages(key)
    }
    let data = differences.filter { !isDrawnOtherwise || ![.labelled, .leftOut].contains($0) }
      .compactMap { dataText($0, now, changes) }
    let redo =
      (stages.allSatisfy(makesAgain) ? "--redo" : "`halcyon run \(path) --redo`")
      + " to remove and run again: \(titles)"
    if !data.isEmpty {
      let others = keys.isEmpty ? "" : "; the recipe differs in \(keys.joined(separator: ", "))"
      return .data(
        "\(path): \((data + machine).joined(separator: "; "))\(others); put back what was there, give "
          + "--out a new folder, or \(redo)")
    }
    if keys.isEmpty, !machine.isEmpty {
      return .usage(
        "\(path): \(machine.joined(separator: "; ")); go on where it was begun, --out a new folder, or "
          + redo)
    }
    let list = (keys + machine).joined(separator: ", ")
    if isEdited {
      return .usage(
        "\(directory.recipePath) is not what its results were made with: \(list); put the values back, "
          + "give --out a new folder, or \(redo)")
    }
    return .usage(
      "\(path) holds results of another recipe: \(list); `halcyon run \(path)` goes on with what it "
        + "has; or give the same --set, --out a new folder, or \(redo)")
  }

  private static func key(_ difference: StageDifference) -> String? {
    switch difference {
    case .setting(let key, let was, let now): "\(key) (\(was) → \(now))"
    case .unknown: "settings that an earlier version noted only as a hash"
    case .machine, .labelled, .leftOut, .learned, .cache, .file: nil
    }
  }

  /// "the teacher was made with precision bf16, and auto is float32 here; --set precision=bf16 …".
  private func machineText(_ difference: StageDifference, _ now: RunInputs) -> String? {
    guard case .machine(let kind, let was, let found) = difference,
      let stage = reasons.first(where: { $0.differences.contains(difference) })?.stage
    else { return nil }
    var key = kind
    var word = kind == "device" ? now.recipe.device.rawValue : now.recipe.precision.rawValue
    if stage == .ranking, kind == "precision", now.recipe.ranking.precision != .auto {
      key = "ranking.precision"
      word = now.recipe.ranking.precision.rawValue
    }
    let meaning = word == found ? "it is \(found) now" : "\(word) is \(found) here"
    return
      "the \(stage.title) was made with \(key) \(was), and \(meaning) (--set \(key)=\(was) keeps it)"
  }

  private func dataText(
    _ difference: StageDifference, _ now: RunInputs, _ changes: () -> String
  ) -> String? {
    let stage = reasons.first { $0.differences.contains(difference) }?.stage.title ?? ""
    switch difference {
    case .labelled: return "\(changes()) since the \(stage) was trained"
    case .leftOut:
      guard !differences.contains(.labelled) else { return nil }
      if reasons.first(where: { $0.differences.contains(difference) })?.stage.isOfTeacher == true {
        return
          "the pictures that W, V and U must not hold (test, held-out and labelled ones) are not "
          + "those that were left out of the \(stage)"
      }
      return "the pictures that U must not hold (test, held-out and labelled ones) are not those "
        + "that were left out when it was scored"
    case .learned(let what):
      let own = reasons.first { $0.differences.contains(difference) }?.stage.facts.own?.words
      let words = what == "the classes" ? own?.classes ?? what : what
      return "\(words) of the \(own?.images ?? "pictures") have changed since the \(stage)"
    case .cache(let was, let now):
      func words(_ copies: String?) -> String {
        copies.map { "copies at training size (\($0))" } ?? "U's own pictures"
      }
      return "the \(stage) was trained on \(words(was)), and now there are \(words(now)) for it "
        + "(\(Stage.ranking.folder)/\(CacheNote.fileName) says which)"
    case .file(let name):
      if let start = Recipe.starts.first(where: { $0.key == name }) {
        return "the weights of \(name) (\(start.source(now.recipe) ?? "")) are not those that the "
          + "\(stage) started from"
      }
      if name == StageInputs.teachers {
        return "the scores of ranking.teachers are not those that were selected from"
      }
      if StageInputs.tags.contains(name) {
        let key = name == StageInputs.tags.first ? "tags (ranking.tags or data.requireTags)" : name
        return "the list of \(key) is not as it was when pictures were selected by tags"
      }
      return "\(name) is not the one that the \(stage) was made with"
    case .setting, .machine, .unknown: return nil
    }
  }
}
