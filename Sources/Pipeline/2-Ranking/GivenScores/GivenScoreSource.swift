import Copies
import Files
import Foundation
import ImageData
import Ranking
import Recipes
import Shards
import SystemPackage
import Terminal

/// Scores that another program made, from its files.
///
/// The files are read once, from the first row to the last; then U's pictures are looked at, shard by
/// shard, as a teacher would, so that copies of known pictures are left out and copies among U are found.
/// Where the recipe keeps all copies, no picture is read.
final class GivenScoreSource: ScoreSource {
  let kind: ShardRecord
  var notesContents: Bool { run.recipe.ranking.looksForCopies }
  private let run: Run
  private let given: GivenScores
  private let tables: [any ScoreTable]
  private var provenance: ScoreProvenance
  private var scores: GatheredScores?
  private let badSamples: BadSamples
  private var withoutEnd = ImagesWithoutEnd()
  /// Records that are read from their file at once.
  private static let recordsAtOnce = 4096

  /// Looks at the files' headers and takes their checksums.
  /// - Throws: `PipelineError`, `FileError` naming the file that cannot be used.
  init(of run: Run, _ given: GivenScores) throws {
    self.run = run
    self.given = given
    let classes = run.data.classNames
    tables = try Self.tables(given, classes: classes)
    var provenance = ScoreProvenance(classes: classes)
    provenance.kind = given.kind
    provenance.layout = tables.first?.layout
    provenance.columns = tables.map(\.reading)
    provenance.files = try Self.files(given.files)
    provenance.keys = try Self.files(given.keys)
    self.provenance = provenance
    kind = ShardRecord(
      from: provenance.identity, recipeHash: run.recipe.scoresHash,
      leftOut: run.inputs.leftOut ?? "",
      classesPerSample: run.recipe.ranking.keptClasses(of: classes.count),
      classes: classes.count)
    badSamples = BadSamples(of: run.data.unlabelled, limit: .none, seesEachOnce: true)
  }

  func prepare(for shards: [Int]) throws {
    if scores == nil { try read() }
    // Of no shards it is only to be seen whether the files can be used.
    if !shards.isEmpty { try provenance.write(to: run.directory) }
  }

  private func read() throws {
    let pictures = run.data.unlabelled
    let start = Stopwatch()
    let scores = try GatheredScores(
      of: pictures, classNames: run.data.classNames, keeping: kind.classesPerSample,
      kind: given.kind, in: run.directory.folder(of: .ranking))
    if !given.keys.isEmpty, given.classes == nil {
      run.console.note(
        "scores: columns are taken for the classes in the labelled set's order, "
          + "\(Format.few(run.data.classNames)); --classes says another")
    }
    for table in tables {
      run.console.note("scores: reading \(table.path)")
      if !table.passedOver.isEmpty {
        run.console.note(
          "scores: \(table.path): passed over: \(Format.few(table.passedOver.map { $0.isEmpty ? "(no name)" : $0 }))"
        )
      }
      try scores.read(table)
    }
    try scores.requireMatches()
    self.scores = scores
    provenance.rows = scores.rows
    provenance.pictures = scores.filled
    provenance.extraRows = scores.extra.count
    tell(scores, seconds: start.seconds)
  }

  func forEachBatch(
    ofShard shard: Int, copying: CacheFormat?, _ body: (ScoredBatch) throws -> Void
  ) throws {
    let range = run.data.unlabelled.range(ofShard: shard)
    guard notesContents else {
      for first in stride(from: range.lowerBound, to: range.upperBound, by: Self.recordsAtOnce) {
        let part = first..<min(first + Self.recordsAtOnce, range.upperBound)
        try StopSignal.check()
        try body(try batch(Array(part), contents: [], unreadable: [:]))
      }
      return
    }
    let size = 32
    let loader = try BatchLoader(
      dataset: run.data.unlabelled, order: SequentialOrder(), positions: range,
      batchSize: max(1, min(256, range.count)),
      preset: .evaluation(EvaluationPreset(resize: size, crop: size, channels: 3)), seed: 0,
      workers: run.workers, notesContents: true,
      copying: copying?.channels == 3 ? copying : nil, onUnreadable: .mark,
      maxPixels: run.recipe.data.maxPixels, badSamples: badSamples)
    defer {
      loader.stop()
      withoutEnd.add(loader.withoutEnd)
    }
    while let loaded = try StopSignal.orStopped(loader.next) {
      try StopSignal.check()
      try body(
        try batch(
          loaded.indices, contents: loaded.contents, copies: loaded.copies,
          unreadable: loaded.reasons))
    }
  }

  func finish() {
    if let line = withoutEnd.line(in: run.data.unlabelled.name) { run.console.note(line) }
  }

  /// The scores of pictures that follow one another.
  private func batch(
    _ indices: [Int], contents: [ImageContents], copies: [EncodedImage?] = [],
    unreadable: [Int: String]
  ) throws -> ScoredBatch {
    let first = indices.first ?? 0
    let found = try scores?.scores(first..<first + indices.count) ?? []
    return ScoredBatch(
      indices: indices, contents: contents, copies: copies, unreadable: unreadable
    ) { row in
      guard row < found.count, let (classes, scores) = found[row] else {
        return .omitted(reason: "no scores of it were given")
      }
      return .classes(classes, scores)
    }
  }

  private func tell(_ scores: GatheredScores, seconds: Double) {
    let all = run.data.unlabelled.count
    run.console.note(
      "scores: \(Format.counted(scores.rows, "row", "rows")) in \(Format.duration(seconds)) "
        + "(\(Format.count(Double(scores.rows) / max(seconds, 1e-3))) a second); scores of "
        + "\(Format.count(scores.filled)) of \(Format.counted(all, "picture", "pictures"))")
    if scores.filled < all {
      run.console.note(
        "scores: \(Format.counted(all - scores.filled, "picture has", "pictures have")) none and "
          + "cannot be selected; \(Stage.ranking.folder)/unscored.csv will list them")
    }
    if scores.extra.count > 0 {
      run.console.note(
        "scores: \(Format.counted(scores.extra.count, "key is", "keys are")) of no picture of "
          + "\(run.data.unlabelled.name): \(scores.extra.first.joined(separator: ", "))"
          + (scores.extra.count > scores.extra.first.count ? ", …" : ""))
    }
    if scores.certain * 20 > scores.filled {
      run.console.note(
        "scores: \(Format.counted(scores.certain, "picture has", "pictures have")) a probability of exactly "
          + "1 and no other, so that none is surer than another; logits or log-odds would tell")
    }
  }

  // MARK: - Files

  private static func files(_ paths: [String]) throws -> [ScoreProvenance.File] {
    try paths.map { path in
      try StopSignal.check()
      return ScoreProvenance.File(
        path: path, bytes: Int(FilePath(text: path).status?.st_size ?? 0),
        sha256: try Checksum.sha256(file: path))
    }
  }

  private static func tables(_ given: GivenScores, classes: [String]) throws -> [any ScoreTable] {
    let isNumPy = given.files.map { $0.lowercased().hasSuffix(".npy") }
    guard let first = given.files.first else {
      throw PipelineError.usage("no file of scores is named")
    }
    guard isNumPy.allSatisfy({ $0 == isNumPy[0] }) else {
      throw PipelineError.usage(
        "\(Format.few(given.files)): NPY files and others cannot be read together, since only NPY has its "
          + "keys in a list")
    }
    let tables: [any ScoreTable]
    if isNumPy[0] {
      guard !given.keys.isEmpty else {
        throw PipelineError.usage(
          "\(first) does not say which picture a row is of; give --keys a list of the rows' keys, one a line"
        )
      }
      guard given.keys.count == 1 || given.keys.count == given.files.count else {
        throw PipelineError.usage(
          "\(given.keys.count) lists of keys for \(given.files.count) files; give one for all, or one for each"
        )
      }
      let lists = try given.keys.map { try KeyList(path: $0) }
      tables = try given.files.enumerated().map { index, path in
        try NumPyScores(
          path: path, keys: lists.count == 1 ? lists[0] : lists[index],
          isLastOfKeys: lists.count > 1 || index == given.files.count - 1, classes: classes,
          given: given.classes)
      }
    } else {
      guard given.keys.isEmpty else {
        throw PipelineError.usage("--keys is for NPY; \(first) has a column of keys")
      }
      tables = try given.files.map { path in
        let isParquet = [".parquet", ".pq"].contains { path.lowercased().hasSuffix($0) }
        guard isParquet else {
          return try CSVScores(
            path: path, classes: classes, given: given.classes, kind: given.kind)
        }
        return try ParquetScores(
          path: path, classes: classes, given: given.classes, kind: given.kind)
      }
    }
    guard let layout = tables.first?.layout, tables.allSatisfy({ $0.layout == layout }) else {
      throw PipelineError.data(
        "\(Format.few(given.files)): some have a row a picture and others a row a class of a picture; give "
          + "files of one kind")
    }
    if layout == .pairs, given.kind == .logits {
      throw PipelineError.usage(
        "\(first) has a row a picture and class; of some classes' logits alone nothing follows. Give all "
          + "classes in columns, or probabilities or log-odds")
    }
    return tables
  }
}

extension Recipe.Ranking {
  /// Whether anything is done about copies, for which pictures have to be looked at.
  var looksForCopies: Bool { leaveOut != .keep || duplicates != .keep }
}
