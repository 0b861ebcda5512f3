import Files
import Foundation
import ImageData
import Ranking
import Recipes
import Shards
import SystemPackage
import Terminal

/// Which shards of U have scores, and what became of the pictures that have none.
///
/// The lists of unreadable and excluded pictures stay in the shards' files: a billion pictures may
/// have ten million of them.
struct ScoredShards {
  /// The shards that have scores.
  private(set) var scored: [ScoredShard] = []
  /// The names of those that have none.
  private(set) var missing: [String] = []
  /// Pictures in those.
  private(set) var missingImages = 0
  /// Pictures in the scored shards.
  private(set) var pictures = 0
  /// Pictures that could not be read.
  private(set) var unreadable = 0
  /// Pictures left out because D or the test pictures hold them.
  private(set) var excluded = 0
  /// Pictures of which no scores were given.
  private(set) var withoutScores = 0
  /// How long scoring took, over all processes.
  private(set) var seconds = 0.0
  private let folder: String
  private let unlabelled: any ShardedDataset

  /// Looks at every shard's record.
  /// - Throws: `PipelineError.usage` naming the shards that are not scored yet, unless that is
  ///   allowed; `PipelineError.data` naming a record that is another shard's.
  init(in run: Run) throws {
    folder = run.directory.scoresFolder
    let shards = run.data.unlabelled
    unlabelled = shards
    var gaps: [Int] = []
    for shard in 0..<shards.shardCount {
      let name = shards.shardName(shard)
      guard FilePath(text: "\(folder)/\(name).json").exists else {
        missing.append(name)
        missingImages += shards.range(ofShard: shard).count
        gaps.append(shard)
        continue
      }
      let record = try ShardRecord(path: "\(folder)/\(name).json")
      guard record.shard == name, record.count == shards.range(ofShard: shard).count else {
        throw PipelineError.data(
          "\(folder)/\(name).json is the record of shard \(record.shard) with \(record.count) pictures, "
            + "not of \(name) with \(shards.range(ofShard: shard).count); `halcyon score` scores it again"
        )
      }
      let isThere = shards.absence == nil
      guard !isThere || record.inputIdentity == shards.identity(ofShard: shard) else {
        throw PipelineError.data(
          "\(shards.name): shard \(name) is not what it was when it was scored; `halcyon score` "
            + "scores it again")
      }
      pictures += record.count
      unreadable += record.unreadable
      excluded += record.excluded
      withoutScores += record.withoutScores ?? 0
      seconds += record.seconds
      scored.append(
        ScoredShard(record: record, scoresPath: "\(folder)/\(name).scores", index: shard))
    }
    guard run.recipe.ranking.allowMissing || missing.isEmpty else { throw refusal(gaps, in: run) }
  }

  /// Names what is missing, and the command that scores it whatever a scheduler's variables say.
  private func refusal(_ gaps: [Int], in run: Run) -> PipelineError {
    let shares = ShareEvent.names(of: gaps, in: run.directory.logPath)
    let share = try? WorkShare(index: nil, count: nil)
    let all =
      !run.recipe.includes(.teacher)
      ? " --from FILE…" : share == nil && shares == nil ? "" : " --shard-index 0 --num-shards 1"
    return .usage(
      "\(missing.count) of \(missing.count + scored.count) shards "
        + "\(missing.count == 1 ? "is" : "are") not scored yet (\(Format.few(missing)))"
        + (shares.map { ": \($0)" } ?? "")
        + "; `halcyon score \(run.directory.path)\(all)` goes on, and --allow-missing selects without "
        + (missing.count == 1 ? "it" : "them"))
  }

  /// Calls `body` with every sample that got no score: its index in U, shard by shard.
  func forEachOmission(_ body: (_ index: Int, Omission) throws -> Void) throws {
    for shard in scored {
      guard let sha256 = shard.record.omissionsSHA256 else { continue }
      let first = unlabelled.range(ofShard: shard.index).lowerBound
      try OmissionsFile.forEach(in: "\(folder)/\(shard.record.shard).omitted", sha256: sha256) {
        try body(first + $0.position, $0)
      }
    }
  }

  // MARK: - Coverage

  /// What is said where shards are missing.
  var missingLine: String? {
    guard !missing.isEmpty else { return nil }
    return
      "without \(missing.count) of \(missing.count + scored.count) shards, which "
      + "\(missing.count == 1 ? "has" : "have") no scores: "
      + Format.few(missing)
      + " (\(Format.counted(missingImages, "picture", "pictures")))"
  }

  /// Notes in `folder` which shards a selection went without.
  func noteCoverage(in folder: String) throws {
    let path = "\(folder)/missing-shards.txt"
    guard !missing.isEmpty else {
      FilePath(text: path).unlink()
      return
    }
    try DurableFile.write(missing.map { "\($0)\n" }.joined(), to: path)
  }

  /// The shards that the selection in `folder` went without.
  static func missing(in folder: String) -> [String] {
    let text = try? String(
      decoding: FilePath(text: "\(folder)/missing-shards.txt").contents(), as: UTF8.self)
    return text?.split(separator: "\n").map(String.init) ?? []
  }

  /// A finished selection that went without other shards than are missing now is made again; which it
  /// went without is said.
  /// - Throws: `PipelineError.usage` when a student was trained on it, unless it is to be redone.
  func requireSameCoverage(in run: Run) throws {
    let folder = run.directory.folder(of: .ranking)
    guard FilePath(text: StageMarker.path(in: folder)).exists else { return }
    let before = Self.missing(in: folder)
    guard before != missing else {
      if let line = missingLine { run.console.say("selection: made \(line)") }
      return
    }
    let made =
      before.isEmpty
      ? "with all shards"
      : "without \(Format.counted(before.count, "shard", "shards")) (\(Format.few(before)))"
    let now =
      missing.isEmpty
      ? "all have scores now"
      : "\(Format.counted(missing.count, "shard has", "shards have")) none now (\(Format.few(missing)))"
    let later = Stage.ranking.later
    let isUsed = later.contains {
      FilePath(text: StageMarker.path(in: run.directory.folder(of: $0))).exists
    }
    guard !isUsed || run.isRedoing else {
      throw PipelineError.usage(
        "\(run.directory.path) was trained on a selection that was made \(made), and \(now); --redo "
          + "selects and trains again")
    }
    run.console.say("selection: made \(made), and \(now); it is made again")
    for stage in later { try run.directory.clear(stage, keepingScores: true) }
    FilePath(text: StageMarker.path(in: folder)).unlink()
  }

  /// - Throws: `PipelineError.usage` where copies are to be dropped, but scores were taken over without a
  ///   look at the pictures.
  func requireContents(in run: Run) throws {
    guard run.recipe.ranking.duplicates != .keep,
      let first = scored.first(where: { $0.record.contentsSHA256 == nil })
    else { return }
    throw PipelineError.usage(
      "ranking.duplicates is \(run.recipe.ranking.duplicates.rawValue), but when shard "
        + "\(first.record.shard) was given its scores no copies were looked for, and nothing was noted of "
        + "its pictures; `halcyon score \(run.directory.path) --from FILE…` does, or set "
        + "ranking.duplicates: keep")
  }

  // MARK: - Lists

  /// Lists what has no scores: `bad-samples.csv` and `excluded.csv` in `folder`, when there is any.
  /// - Throws: `PipelineError.data` when too many pictures are unreadable.
  func requireReadable(in run: Run, listingTo folder: String) throws {
    let unlabelled = run.data.unlabelled
    let members = unlabelled.problemCount
    let cut = unlabelled.cutShards?.count ?? 0
    try list("bad-samples.csv", in: folder, count: unreadable + members + cut) { add in
      try forEachOmission { index, omission in
        if omission.copy == nil, !omission.isWithoutScores {
          try add(unlabelled.key(at: index), omission.reason)
        }
      }
      guard members + cut > 0 else { return }
      for shard in 0..<unlabelled.shardCount {
        if let end = unlabelled.cutShard(shard) {
          try add(unlabelled.shardName(shard), "it \(end.reason)")
        }
        for problem in unlabelled.problems(ofShard: shard) {
          try add("\(unlabelled.shardName(shard)): \(problem.key)", problem.reason)
        }
      }
    }
    try list("excluded.csv", in: folder, count: excluded) { add in
      try forEachOmission { index, omission in
        if omission.copy != nil { try add(unlabelled.key(at: index), omission.reason) }
      }
    }
    try list("unscored.csv", in: folder, count: withoutScores) { add in
      try forEachOmission { index, omission in
        if omission.isWithoutScores { try add(unlabelled.key(at: index), omission.reason) }
      }
    }
    let bad = "\(folder)/bad-samples.csv"
    let found = UnreadableImages(
      set: "unlabelled", count: unreadable, of: pictures,
      first: BadSamples.first(unreadable, listedIn: bad))
    if let problem = found.problem(run.unreadableLimit, list: bad) {
      throw PipelineError.data(problem)
    }
    if unreadable > 0 { run.console.say("unlabelled: \(found.line); all are in \(bad)") }
    if members > 0 {
      run.console.say(
        "unlabelled: \(Format.counted(members, "member of a shard is", "members of shards are")) "
          + "no sample: \(bad)")
    }
    if withoutScores > 0 {
      run.console.note(
        "scores: of \(Format.counted(withoutScores, "picture", "pictures")) none were given: "
          + "\(folder)/unscored.csv")
    }
    if excluded > 0 {
      run.console.note(
        "scores: \(Format.counted(excluded, "picture", "pictures")) left out, which D or the test "
          + "pictures hold: \(folder)/excluded.csv")
    }
    if run.recipe.ranking.leaveOut == .near, excluded * 20 > pictures {
      run.console.note(
        "scores: more than a twentieth of the pictures was left out as too like known ones; if they "
          + "only share a pose or a background, set ranking.leaveOut: exact")
    }
  }

  private func list(
    _ name: String, in folder: String, count: Int,
    _ fill: ((_ key: String, _ reason: String) throws -> Void) throws -> Void
  ) throws {
    let path = "\(folder)/\(name)"
    FilePath(text: path).unlink()
    guard count > 0 else { return }
    let file = try CSVWriter(path: path, header: ["key", "reason"])
    try fill { key, reason in try file.append([key, reason]) }
    try file.commit()
  }
}
