import Files
import Foundation
import SystemPackage

extension RunDirectory {
  /// What `data.json` says of one set of pictures.
  private struct Origin: Codable, Equatable {
    /// The recipe's words for it.
    let recipe: String
    /// What they led to.
    let fingerprint: String
  }

  private var picturesPath: String { "\(path)/data.json" }

  /// Compares a run's pictures with those that it was begun with, under the same words of the recipe;
  /// what other words mean, the recipe's own hashes decide.
  ///
  /// U may grow and change: each shard's record says what the shard held when it was scored. But a
  /// selection counts in U's samples, so where there is one, it and what was trained on it are to be
  /// redone first, and are removed here then.
  /// - Throws: `PipelineError.data` naming the sets that changed.
  func requireSamePictures(
    as data: RunData, _ recipe: Recipe, access: Run.Access, redoing: Bool
  ) throws {
    var found: [String: Origin] = [:]
    for (name, dataset) in data.sets {
      let words = recipe.dataSettings(of: name).map { "\($0.key): \($0.value)" }
      found[name] = Origin(
        recipe: words.joined(separator: ", "), fingerprint: RunData.fingerprint(of: dataset))
    }
    if let data = try? FilePath(text: picturesPath).contents(),
      let earlier = try? JSONDecoder().decode([String: Origin].self, from: data)
    {
      if earlier == found { return }
      let changed = found.keys.sorted().filter { name in
        guard let was = earlier[name], let now = found[name] else { return false }
        return was.recipe == now.recipe && was.fingerprint != now.fingerprint
      }
      let others = changed.filter { $0 != "unlabelled" }
      guard others.isEmpty else {
        throw PipelineError.data(
          "the \(others.joined(separator: " and ")) pictures are not those that \(path) was begun "
            + "with; give --out a new folder, or put the pictures back")
      }
      if changed.contains("unlabelled") { try leaveSelection(access: access, redoing: redoing) }
    }
    guard access == .alone else { return }
    try DurableFile.write(try JSON.pretty(found), to: picturesPath)
  }

  /// Removes what was selected from U as it was.
  private func leaveSelection(access: Run.Access, redoing: Bool) throws {
    let selected = StageMarker.path(in: folder(of: .ranking))
    // Who only scores has nothing to do with the selection.
    guard access != .shared, FilePath(text: selected).exists else { return }
    guard redoing, access == .alone else {
      throw PipelineError.data(
        "the unlabelled pictures are not those that \(path) has selected from; --redo scores what is "
          + "new, selects and trains again; or give --out a new folder, or put the pictures back")
    }
    try remove([.ranking, .student, .fineTuning], keepingScores: true)
  }
}

extension Recipe {
  /// The keys that decide which pictures are in one of a run's sets.
  fileprivate func dataSettings(of set: String) -> [RecipeSetting] {
    var keys = ["data.\(set)", "data.\(set)Split"]
    let drawn = ["data.labelled", "data.labelledSplit", "data.labelledCount", "seed"]
    switch set {
    case "unlabelled":
      keys += ["data.shardSize", "data.requireTags"] + (data.unlabelledIsRest ? drawn : [])
    case "labelled": keys += drawn + ["data.validationFraction"]
    case "validation" where data.validation == nil: keys += drawn + ["data.validationFraction"]
    default: break
    }
    return settings.filter { keys.contains($0.key) }
  }
}
