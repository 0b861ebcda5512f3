import Copies
import Files
import Foundation
import ImageData
import Models
import Ranking
public import Recipes
import Shards
import SystemPackage
import Terminal
import Torch
import Training

/// Stage 2, first half: the teacher scores every unlabelled picture.
///
/// U is scored shard by shard, in any order and by any number of processes. `SHARD.json` is written
/// after a shard's scores and marks it as done; a shard without it, or whose scores have changed
/// since, is scored again, and one that was scored otherwise is refused.
public enum ScoreImages {
  /// Scores every shard that is not done yet.
  /// - Parameters:
  ///   - run: The run, whose teacher is finished where it has one.
  ///   - share: Which shards are this process's; nil means all of them.
  ///   - claims: Leases that workers take of the shards they score. This process then waits for the
  ///     other workers, and takes over what dead ones left.
  ///   - forStudent: Whether copies for a cache are made only where this run's student would read them.
  ///   - given: Scores that another program made, for a recipe whose teacher is `given`.
  /// - Throws: `PipelineError`; one that says so when there is no teacher yet.
  public static func perform(
    in run: Run, share: WorkShare? = nil, claims: ShardClaims? = nil, forStudent: Bool = false,
    from given: GivenScores? = nil
  ) throws {
    guard share == nil, claims == nil, given == nil, let part = try run.sharedShards() else {
      return try score(in: run, share, claims, forStudent: forStudent, given)
    }
    // The first process looks at what is there; each scores its shards; and the first goes over all again.
    let isMade = try run.decidedByFirst {
      let isMade = run.recipe.teacher.kind != .given
      if isMade {
        try redoOtherScores(in: run, TeacherScores(of: run))
        // Where copies go is the first one's to say; the others then find it said.
        if !run.directory.hasBegunStudent {
          _ = try CachingWork(of: run, forStudent: forStudent, isShared: false)
        }
      }
      return isMade
    }
    if isMade {
      try score(in: run, part, nil, forStudent: forStudent, nil)
      try run.awaitAll()
    }
    try run.onFirst { try score(in: run, nil, nil, forStudent: forStudent, nil) }
  }

  private static func score(
    in run: Run, _ share: WorkShare?, _ claims: ShardClaims?, forStudent: Bool,
    _ given: GivenScores?
  ) throws {
    guard let source = try source(of: run, given) else {
      return try requireGivenScores(in: run)
    }
    let shards = run.data.unlabelled
    if share == nil, claims == nil { try redoOtherScores(in: run, source) }
    let work = ScoringWork(
      run: run, kind: source.kind, earlierLeftOut: run.data.leftOutFingerprint,
      mine: (0..<shards.shardCount).filter { share?.contains($0) ?? true })
    let caching = try CachingWork(
      of: run, forStudent: forStudent, isShared: share != nil || claims != nil)
    let queue = ShardQueue(
      title: "scores", console: run.console, name: shards.shardName, claims: claims,
      isDone: {
        try work.isDone($0, verifyingFile: false) && caching?.isDone($0) ?? true
      })
    if let share {
      queue.tell(share, mine: work.mine.count, of: shards.shardCount)
      try run.log.append(
        ShareEvent.name, stage: Stage.ranking.rawValue,
        ["index": .integer(share.index), "count": .integer(share.count)])
    }
    // Of the workers that come and go each would read all that the others have written. Whoever selects
    // finds what is damaged.
    let missing = try work.missing(verifyingFiles: claims == nil)
    let unscored = Set(missing)
    let copies =
      try caching.map { caching in
        try work.mine.map { ($0, try caching.state($0)) }.filter { $1 != .whole }
      } ?? []
    let uncopied = Set(copies.map(\.0))
    let undone = work.mine.filter { unscored.contains($0) || uncopied.contains($0) }
    guard !undone.isEmpty else {
      run.console.note(share.map { "scores: \($0.title): done" } ?? "scores: done")
      return try source.finish()
    }
    if !missing.isEmpty { try source.prepare(for: missing) }
    if let caching {
      tell(
        caching, copying: uncopied.count, reading: uncopied.subtracting(unscored),
        replacing: copies.count { $1 == .other })
    }
    let changed = work.changed(among: missing)
    if !changed.isEmpty, share == nil, claims == nil {
      // What was selected is of pictures that are no longer there.
      try run.directory.leaveSelection(access: .alone, redoing: run.isRedoing)
    }
    work.tell(changed: changed)
    let scorer = ShardScorer(
      of: run, source, caching, total: undone.reduce(0) { $0 + shards.range(ofShard: $1).count })
    try queue.perform(undone) { shard, lease in
      guard unscored.contains(shard) else { return try scorer.copy(shard, lease) }
      try scorer.score(shard, isCopied: uncopied.contains(shard), lease)
    } finally: {
      try scorer.finish()
    }
  }

  /// Refuses what a recipe asks of scoring and cannot be, before the recipe becomes a run's; recipes with
  /// problems of their own are left to whoever opens the run.
  /// - Throws: `Problems`.
  public static func check(_ reading: RecipeReading, directory: String?) throws {
    guard reading.problems.isEmpty else { return }
    var preflight = Preflight()
    try preflight.checkScoring(of: reading.recipe, on: nil)
    try preflight.checkCache(of: reading.recipe, in: directory)
    try preflight.refuseProblems()
  }

  /// Says which copies are made, and always where those of others are replaced.
  private static func tell(
    _ caching: CachingWork, copying count: Int, reading again: Set<Int>, replacing others: Int
  ) {
    let cache = caching.cache
    guard count > 0 else {
      return caching.run.console.note("cache: \(cache.folder) has every shard")
    }
    caching.run.console.note(
      "cache: copies of \(Format.counted(count, "shard", "shards")) go to \(cache.folder) "
        + "(\(cache.format.words))"
        + (again.isEmpty
          ? ""
          : "; of \(again.count) that \(again.count == 1 ? "has" : "have") scores already the pictures are "
            + "read once more"))
    guard others > 0 else { return }
    caching.run.console.say(
      "cache: the copies of \(Format.counted(others, "shard", "shards")) in \(cache.folder) are of other pictures; "
        + "--redo replaces them for every run that reads them")
  }

  /// With `--redo`, scores that were made otherwise, for example on another device, are removed, and what
  /// was made of them.
  private static func redoOtherScores(in run: Run, _ source: any ScoreSource) throws {
    guard run.isRedoing else { return }
    let work = ScoringWork(
      run: run, kind: source.kind, earlierLeftOut: run.data.leftOutFingerprint,
      mine: Array(0..<run.data.unlabelled.shardCount))
    do {
      _ = try work.missing(verifyingFiles: false)
    } catch PipelineError.data {
      // What cannot be scored is refused before anything is removed.
      try source.prepare(for: [])
      try run.directory.remove([.ranking] + Stage.ranking.later, keepingScores: false)
      try RunDirectory.makeFolder(run.directory.scoresFolder)
    }
  }

  /// Where the scores of a run come from; nil where its recipe has none to make them and none are given.
  /// - Throws: `PipelineError.usage` where scores are given to a run that has a teacher of its own.
  private static func source(of run: Run, _ given: GivenScores?) throws -> (any ScoreSource)? {
    let kind = run.recipe.teacher.kind
    if let given {
      guard kind == .given else {
        throw PipelineError.usage(
          "teacher.kind is \(kind.rawValue), so that this run's own teacher scores; for the scores of "
            + "\(Format.few(given.files)) set teacher.kind: given")
      }
      guard run.recipe.ranking.teachers.isEmpty else {
        throw PipelineError.usage(
          "ranking.teachers says where scores come from; remove it, or leave out --from")
      }
      return try GivenScoreSource(of: run, given)
    }
    guard kind == .given else { return try TeacherScores(of: run) }
    guard !run.recipe.ranking.teachers.isEmpty else { return nil }
    do {
      return try MeanScores(of: run)
    } catch let error where run.directory.isFinished(.ranking) {
      run.console.note(
        "\(PipelineError.line(about: error)); what was selected by their mean is taken as it is")
      return nil
    }
  }

  /// Looks whether there are scores that were given earlier, with the pictures left out that are now.
  private static func requireGivenScores(in run: Run) throws {
    guard run.directory.hasScores else { throw noneGiven(in: run.directory) }
    for record in run.directory.shardRecords where record.leftOutIdentity != run.inputs.leftOut {
      guard run.recipe.ranking.leaveOut != .keep, run.inputs.leftOut != nil else { break }
      throw PipelineError.data(
        "shard \(record.shard) was given scores when other pictures were to be left out of U (the labelled "
          + "or test pictures have changed); give them again: `halcyon score \(run.directory.path) "
          + "--from FILE… --redo`")
    }
    run.console.note("scores: given")
  }

  /// The error that says how scores are given, where a recipe has no teacher that could make them.
  static func noneGiven(in directory: RunDirectory?) -> PipelineError {
    .usage(
      "teacher.kind is given, and \(directory?.path ?? "the run") has no scores yet; run `halcyon score "
        + "RECIPE --from FILE…` first, with the scores that another program made")
  }
}

/// Which shards are to be scored, and which of them are.
struct ScoringWork {
  let run: Run
  let kind: ShardRecord
  /// What an earlier version noted in place of `kind.leftOutIdentity`.
  let earlierLeftOut: String
  let mine: [Int]

  /// The shards of this process that are not done.
  /// - Throws: `PipelineError.data` naming a shard that was scored otherwise.
  func missing(verifyingFiles: Bool) throws -> [Int] {
    nonisolated(unsafe) let work = self
    let isDone = try Threads.results(parts: mine.count) { place in
      try work.isDone(work.mine[place], verifyingFile: verifyingFiles)
    }
    return zip(mine, isDone).filter { !$1 }.map(\.0)
  }

  /// Those of `shards` that were scored when they held something else.
  func changed(among shards: [Int]) -> [Int] {
    let data = run.data.unlabelled
    return shards.filter { shard in
      let path = "\(run.directory.scoresFolder)/\(data.shardName(shard)).json"
      return (try? ShardRecord(path: path)).map {
        $0.inputIdentity != data.identity(ofShard: shard)
          || $0.filesState.map { $0 != filesState(ofShard: shard) } ?? false
      } ?? false
    }
  }

  /// Says that these are scored again.
  func tell(changed: [Int]) {
    guard !changed.isEmpty else { return }
    let data = run.data.unlabelled
    run.console.note(
      "scores: \(Format.counted(changed.count, "shard is", "shards are")) not what was scored "
        + "before, and scored again: "
        + Format.few(changed.lazy.map(data.shardName)))
  }

  /// Whether a shard has whole scores of the right kind.
  /// - Throws: `PipelineError.data` when it was scored otherwise.
  func isDone(_ shard: Int, verifyingFile: Bool) throws -> Bool {
    let shards = run.data.unlabelled
    let name = "\(run.directory.scoresFolder)/\(shards.shardName(shard))"
    guard var record = try? ShardRecord(path: "\(name).json") else { return false }
    if renew(&record) { try DurableFile.write(record.json(), to: "\(name).json") }
    let differences = kind.differences(from: record)
    guard differences.isEmpty else {
      throw PipelineError.data(
        "\(name).json: this shard was scored otherwise; what differs: "
          + "\(differences.joined(separator: ", ")). Scores of two kinds cannot be ranked "
          + "together: give --out a new folder, or --redo to score, select and train again")
    }
    guard record.shard == shards.shardName(shard),
      record.count == shards.range(ofShard: shard).count,
      record.inputIdentity == shards.identity(ofShard: shard),
      record.classesPerSample >= kind.classesPerSample,
      let file = try? ScoreFileReader(path: "\(name).scores"), file.count == record.count,
      let contents = notedContents(of: record, at: "\(name).contents")
    else { return false }
    let omissions = "\(name).omitted"
    guard record.omissionsSHA256 == nil || FilePath(text: omissions).exists else {
      return false
    }
    guard verifyingFile else { return true }
    guard file.sha256 == record.scoresSHA256,
      (try? record.omissionsSHA256.map { try Checksum.sha256(file: omissions) == $0 }) ?? true
    else { return false }
    guard let contents else { return true }
    return try (try? Checksum.sha256(file: "\(name).contents")) == record.contentsSHA256
      && holdsWhatWasScored(shard, record, contents)
  }
}

extension ScoringWork {
  /// What was noted of a shard's pictures: nil where that is missing or damaged, and none of it where it
  /// was not wanted.
  private func notedContents(of record: ShardRecord, at path: String) -> ContentsFileReader?? {
    if record.contentsSHA256 == nil, !run.recipe.ranking.looksForCopies { return .some(nil) }
    guard let file = try? ContentsFileReader(path: path), file.count == record.count else {
      return nil
    }
    return file
  }

  /// Notes of a shard that an earlier version scored what it would be noted with now.
  private func renew(_ record: inout ShardRecord) -> Bool {
    var renewed = record
    if record.recipeHash == run.recipe.scoresHashAsWritten { renewed.recipeHash = kind.recipeHash }
    if record.leftOutIdentity == earlierLeftOut { renewed.leftOutIdentity = kind.leftOutIdentity }
    guard renewed != record else { return false }
    record = renewed
    return true
  }
}

extension ShardRecord {
  /// What every shard of a run has in common: the fields that decide the bits of a score.
  init(of run: Run, teacher: ModelFolder, _ calibration: Calibration?) throws {
    let classes = teacher.classNames.count
    self.init(
      shard: "", count: 0, modelSHA256: try Checksum.sha256(file: teacher.weightsPath),
      recipeHash: run.recipe.scoresHash, inputIdentity: "",
      leftOutIdentity: run.inputs.leftOut ?? "",
      batch: run.recipe.ranking.batch, precision: run.scoringPrecision.rawValue,
      libtorch: Libtorch.version, cpuFeatures: CPU.kernels, device: run.device.kind.rawValue,
      classesPerSample: min(run.recipe.ranking.labelsPerImage, classes), classes: classes,
      scoresSHA256: "", seconds: 0, imagesPerSecond: 0)
    calibrationSHA256 = try calibration?.sha256
  }
}
