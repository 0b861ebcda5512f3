import Files
import Foundation
import ImageData
import Recipes
import Shards
import SystemPackage

extension RunDirectory {
  /// What `data.json` says of one set of pictures.
  struct Origin: Codable, Equatable {
    /// The recipe's words for it.
    let recipe: String
    /// What they led to, at a glance.
    let fingerprint: String
    /// What they led to; nil for an index of U, and where an earlier version wrote it.
    var identity: ImagesIdentity?
    /// How many pictures there are.
    var count: Int?
    /// The class names in the order of their labels.
    var classes: [String]?
  }

  private var imagesPath: String { "\(path)/data.json" }

  /// What each set of pictures was, as far as it is known.
  var origins: [String: Origin] {
    (try? JSON.read([String: Origin].self, at: imagesPath)) ?? [:]
  }

  /// Where the names, labels and contents of a set's pictures are kept.
  func listPath(of set: String) -> String { "\(knownFolder)/\(set).list" }

  /// In which pictures the labelled set is another than it was.
  func labelledChanges(_ data: RunData, _ known: KnownImages) -> String {
    // Which pictures are held out follows from the labels, too.
    let sets = data.sets.filter { $0.name == "labelled" || $0.name == "validation" && data.isDrawn }
    var was: [ImageList.Entry] = []
    var now: [ImageList.Entry] = []
    for (name, dataset) in sets {
      guard let list = ImageList(contentsOf: listPath(of: name)) else {
        return "the labelled pictures have changed"
      }
      let contents = known.contents(of: name)
      was += (0..<list.count).map { list[$0] }
      now += (0..<dataset.count).map { ImageList.entry($0, of: dataset, contents) }
    }
    return ImageChanges(from: was, to: now).text(of: "labelled")
  }

  /// Compares U with what the run has selected from, and of an earlier version's run the other sets, too,
  /// under the same words of the recipe; what other words mean, the recipe's own settings decide.
  ///
  /// U may grow and change: each shard's record says what the shard held when it was scored. But a
  /// selection counts in U's samples, so where there is one, it and what was trained on it are to be
  /// redone first, and are removed here then.
  /// - Throws: `PipelineError.data` naming the sets that changed.
  func requireSameImages(
    as data: RunData, _ recipe: Recipe, access: Run.Access, redoing: Bool
  ) throws {
    let earlier = origins
    let changed = data.sets.filter { name, dataset in
      guard let was = earlier[name], name == "unlabelled" || was.identity == nil,
        was.recipe == recipe.words(for: name)
      else {
        return false
      }
      return was.fingerprint != RunData.fingerprint(of: dataset)
    }.map(\.name)
    let others = changed.filter { $0 != "unlabelled" }
    guard others.isEmpty else {
      throw PipelineError.data(
        "the \(others.joined(separator: " and ")) pictures are not those that \(path) was begun "
          + "with; give --out a new folder, or put the pictures back")
    }
    if changed.contains("unlabelled") { try leaveSelection(access: access, redoing: redoing) }
  }

  /// Names and labels of U where it is no index; its contents are its shards' records' matter.
  private func identity(ofUnlabelled dataset: any ImageDataset) -> ImagesIdentity? {
    dataset.indexIdentity == nil ? ImagesIdentity(of: dataset, []) : nil
  }

  /// Keeps what the pictures are: `data.json`, and the lists of those that are trained on or measured.
  func note(_ data: RunData, _ recipe: Recipe, _ now: RunInputs, _ known: KnownImages) throws {
    let earlier = origins
    var found: [String: Origin] = [:]
    for (name, dataset) in data.sets {
      let origin = Origin(
        recipe: recipe.words(for: name), fingerprint: RunData.fingerprint(of: dataset),
        identity: now.sets[name] ?? identity(ofUnlabelled: dataset), count: dataset.count,
        classes: dataset.classes)
      found[name] = origin
      // An index says itself what it has.
      guard dataset.indexIdentity == nil else { continue }
      let path = listPath(of: name)
      if earlier[name] != origin || !FilePath(text: path).exists {
        try Self.makeFolder(knownFolder)
        try ImageList.write(dataset, known.contents(of: name), to: path)
      }
    }
    if found != earlier { try DurableFile.write(try JSON.pretty(found), to: imagesPath) }
  }

  /// Removes what was selected from U as it was.
  func leaveSelection(access: Run.Access, redoing: Bool) throws {
    let selected = StageMarker.path(in: folder(of: .ranking))
    // Who only scores has nothing to do with the selection.
    guard access != .shared, FilePath(text: selected).exists else { return }
    guard redoing, access == .alone else {
      throw PipelineError.data(
        "the unlabelled pictures are not those that \(path) has selected from; --redo scores what is "
          + "new, selects and trains again; or give --out a new folder, or put the pictures back")
    }
    try remove([.ranking] + Stage.ranking.later, keepingScores: true)
  }
}

extension Recipe {
  /// The recipe's words for one of a run's sets.
  fileprivate func words(for set: String) -> String {
    dataSettings(of: set).map { "\($0.key): \($0.value)" }.joined(separator: ", ")
  }

  /// The keys that decide which pictures are in one of a run's sets.
  private func dataSettings(of set: String) -> [RecipeSetting] {
    var keys = ["data.\(set)", "data.\(set)Split"]
    let drawn = [
      "data.labelled", "data.labelledSplit", "data.labelledClasses", "data.labelledCount", "seed",
    ]
    switch set {
    case "unlabelled":
      keys += ["data.shardSize", "data.requireTags"] + (data.unlabelledIsRest ? drawn : [])
      if data.unlabelledImbalance != nil { keys.append("data.unlabelledImbalance") }
    case "labelled": keys += drawn + ["data.validationFraction"]
    case "validation" where data.validation == nil: keys += drawn + ["data.validationFraction"]
    default: break
    }
    return settings.filter { keys.contains($0.key) }
  }
}
