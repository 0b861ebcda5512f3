import Copies
import Files
import ImageData
import Recipes
import Shards
import Terminal

extension Preflight {
  /// Decodes some pictures of U or W, spread over it: where none can be read, it is of no use.
  /// - Returns: How many cannot be read, where all were looked at.
  /// - Throws: `Stopped`.
  mutating func lookAt(
    _ pictures: any ShardedDataset, called set: String, key dataKey: String,
    limit: BadSamples.Limit, maxPixels: Int
  ) throws -> Int? {
    guard pictures.isRandomAccess, pictures.count > 0 else {
      return nil
    }
    let step = (pictures.count + 99) / 100
    let looked = Array(stride(from: 0, to: pictures.count, by: step))
    let decoder = try ImageDecoder(maxPixels: maxPixels)
    var unreadable: [BadSamples.Entry] = []
    for index in looked {
      try StopSignal.check()
      do {
        let key = pictures.key(at: index)
        _ = try decoder.pixels(of: pictures.read(at: index), channels: 1, key: key)
      } catch ImageDataError.unreadable(let key, let reason) {
        unreadable.append(.init(key: key, reason: reason))
      }
    }
    let found = UnreadableImages(
      set: set, count: unreadable.count, of: looked.count, first: unreadable)
    let spread = step > 1 ? " (looked at of \(Format.count(pictures.count)))" : ""
    if found.count == found.of {
      refuse(
        "\(set): \(found.line)\(spread); is \(dataKey) the right folder?", exitCode: 65,
        key: dataKey)
    } else if let problem = found.problem(limit, list: nil), step == 1 {
      refuse(problem, exitCode: 65, key: "data.unreadableLimit")
    } else if found.count > limit.allowed(of: found.of) {
      warn(
        "\(set): \(found.line)\(spread); \(set == "tagged" ? "stage 0" : "selecting") ends where more than data.unreadableLimit "
          + "cannot be read: mend them, or raise it",
        key: "data.unreadableLimit")
    }
    return step == 1 ? found.count : nil
  }

  /// Notes how many of U's pictures are labelled or test pictures, byte for byte, which U goes without;
  /// where nothing is left, that is a problem.
  ///
  /// Of more than `most` pictures some are looked at first, and the others only where all of these were
  /// known: reading every picture of a large U takes hours and is left to scoring.
  /// - Parameters:
  ///   - data: The pictures.
  ///   - known: The labelled, validation and test pictures.
  ///   - recipe: The recipe.
  ///   - unreadable: How many of U cannot be read, where that is known.
  ///   - most: Up to so many pictures are compared at once.
  ///   - workers: How many threads read.
  /// - Throws: `Stopped`.
  mutating func compareUnlabelled(
    of data: RunData, with known: KnownImages, _ recipe: Recipe, unreadable: Int?, most: Int,
    workers: Int
  ) throws {
    let unlabelled = data.unlabelled
    guard unlabelled.isRandomAccess, unlabelled.count > 0 else {
      return
    }
    if unlabelled.count > most {
      let indices = stride(from: 0, to: unlabelled.count, by: unlabelled.count / 200)
      let some = try IndexedSubset(unlabelled, indices: Array(indices))
      let held = try contentHashes(of: some, workers: workers)
      guard held.allSatisfy({ $0.map { known.set(of: $0.prefix) != nil } ?? false }) else { return }
    }
    var counts: [String: Int] = [:]
    for hash in try contentHashes(of: unlabelled, workers: workers) {
      if let set = hash.flatMap({ known.set(of: $0.prefix) }) { counts[set, default: 0] += 1 }
    }
    let all = counts.values.reduce(0, +)
    let isKept = recipe.ranking.leaveOut == .keep
    if all + (unreadable ?? 0) >= unlabelled.count, !isKept {
      let readable = all < unlabelled.count ? " that can be read" : ""
      refuse(
        "each of the \(Format.counted(all, "unlabelled picture", "unlabelled pictures"))\(readable) in "
          + "\(recipe.data.unlabelled) is a labelled or a test picture, so that nothing would be left "
          + "to select from: is data.unlabelled the labelled folder? Give other pictures, or set "
          + "ranking.leaveOut: keep to select among these",
        exitCode: 65, key: "data.unlabelled")
      return
    }
    for (set, count) in [
      ("test", counts["test"] ?? 0),
      ("labelled", (counts["labelled"] ?? 0) + (counts["validation"] ?? 0)),
    ] where count > 0 {
      let them = count == 1 ? "it" : "they"
      warn(
        "\(Format.counted(count, "\(set) picture is", "\(set) pictures are")) among the unlabelled "
          + (isKept
            ? "ones, and \(them) may be selected, since ranking.leaveOut is keep"
            : "ones; \(them) will be left out and listed (data.unlabelled; ranking.leaveOut)"),
        key: "data.unlabelled")
    }
  }
}
