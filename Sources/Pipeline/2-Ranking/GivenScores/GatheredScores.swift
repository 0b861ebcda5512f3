import Files
import Foundation
import ImageData
import Ranking
import Shards
import Training

/// What files of scores say of U's pictures, checked and brought into the order of U.
///
/// Memory is 16 bytes a picture where the files have another order than U and next to nothing where they
/// have the same; the scores themselves go by way of a temporary file, 8 + 12·P bytes a picture.
final class GatheredScores {
  /// How many rows were read.
  private(set) var rows = 0
  /// Rows of pictures that U has not, and the first of their keys.
  private(set) var extra = (count: 0, first: [String]())
  /// Pictures of which one class has a probability of exactly 1, and no other one any.
  private(set) var certain = 0
  /// How many pictures of U have scores.
  var filled: Int { records.filled }

  private let pictures: any ShardedDataset
  private let classNames: [String]
  private let kind: ScoreKind
  private let records: ScoreRecords
  private let lookup: KeyLookup
  private var top: TopClasses
  private var logits: [Float] = []
  private var table: (any ScoreTable)?
  private var twice: [String] = []
  /// The picture whose pairs are being read, and they.
  private var open: (picture: Int, key: String, row: Int, entries: [ScoreRecords.Entry])?
  /// The key of the last pair, which the next mostly has as well, and its picture.
  private var lastKey: (bytes: [UInt8], picture: Int?) = ([], nil)

  /// How far from 1 a picture's probabilities may sum.
  static let tolerance = 1e-3
  /// How far above 1 rounding may lift one.
  private static let rounding = 1e-6

  /// Scores of `classNames` for `pictures`, of which `most` classes a picture are kept, by way of a
  /// temporary file in `folder`.
  init(
    of pictures: any ShardedDataset, classNames: [String], keeping most: Int, kind: ScoreKind,
    in folder: String
  ) throws {
    self.pictures = pictures
    self.classNames = classNames
    self.kind = kind
    records = try ScoreRecords(pictures: pictures.count, classesPerSample: most, in: folder)
    lookup = KeyLookup(pictures)
    top = TopClasses(classes: classNames.count, count: most)
  }

  /// Reads `table` to its end.
  /// - Throws: `PipelineError.data` naming the file and the row that is at fault.
  func read(_ table: some ScoreTable) throws {
    self.table = table
    try table.read(into: self)
    try close()
    try refuseRepetitions()
  }

  /// - Throws: `PipelineError.data` where no picture got scores, with keys of both sides.
  func requireMatches() throws {
    guard filled == 0 else { return }
    guard rows > 0 else { throw PipelineError.data("\(table?.path ?? "the file") has no scores") }
    let own = (0..<min(3, pictures.count)).map { pictures.key(at: $0) }
    throw PipelineError.data(
      "none of \(Format.counted(rows, "row", "rows")) is of a picture of \(pictures.name): its pictures "
        + "are called \(own.joined(separator: ", ")), the rows "
        + "\(extra.first.prefix(3).joined(separator: ", ")); write keys as selected.csv does: relative to U's "
        + "folder, or a shard's name, a slash and the sample's")
  }

  /// The classes and log-odds of pictures that follow one another, highest first; nil without scores.
  func scores(_ range: Range<Int>) throws -> [(classes: [Int], scores: [Float])?] {
    try records.records(range).map { record in
      guard let (sum, entries) = record else { return nil }
      guard isOfProbabilityPairs else {
        return (entries.map(\.index), entries.map { Float($0.value) })
      }
      let ranked = entries.filter { $0.value > 0 }.map {
        (index: $0.index, score: LogOdds.score(ofProbability: $0.value, knownSum: sum))
      }.sorted { $0.score != $1.score ? $0.score > $1.score : $0.index < $1.index }
      return (ranked.map(\.index), ranked.map(\.score))
    }
  }

  private var isOfProbabilityPairs: Bool { table?.layout == .pairs && kind == .probabilities }

  private func refusal(_ row: Int, _ reason: String) -> PipelineError {
    table?.refusal(row: row, reason) ?? .data(reason)
  }

  private func refuseRepetitions() throws {
    guard !twice.isEmpty else { return }
    throw PipelineError.data(
      "\(table?.path ?? ""): the same key twice: \(twice.prefix(5).joined(separator: "; "))"
        + (twice.count > 5 ? " and more" : "") + "; leave one row of each")
  }

  private func note(extra key: UnsafeRawBufferPointer) {
    extra.count += 1
    if extra.first.count < 5 {
      extra.first.append(String(decoding: key.prefix(120), as: UTF8.self))
    }
  }

  private func requireFinite(_ value: Double, _ row: Int, _ place: Int) throws {
    guard !value.isFinite else { return }
    throw refusal(row, "the score of \(classNames[place]) is \(value), which is no number")
  }

  private func requireProbability(_ value: Double, _ row: Int, _ place: Int) throws {
    guard value < 0 || value > 1 + Self.rounding else { return }
    throw refusal(
      row,
      "the score of \(classNames[place]) is \(value), which is no probability; say with --kind logits "
        + "or --kind logOdds what it is")
  }
}

// MARK: - Rows

extension GatheredScores: ScoreRows {
  func take(
    _ key: UnsafeRawBufferPointer, row: Int, scores: UnsafeBufferPointer<Double>
  ) throws {
    rows += 1
    for (place, value) in scores.enumerated() {
      try requireFinite(value, row, place)
      if kind == .probabilities { try requireProbability(value, row, place) }
    }
    guard let picture = try lookup.index(of: key) else {
      note(extra: key)
      // What is wrong with its numbers is wrong all the same.
      return try rank(scores, row)
    }
    guard !records.has(picture) else {
      twice.append("\(String(decoding: key, as: UTF8.self)) (\(table?.rowName ?? "row") \(row))")
      if twice.count > 5 { try refuseRepetitions() }
      return
    }
    try rank(scores, row)
    if kind == .probabilities, top.scores.first == LogOdds.highest { certain += 1 }
    try records.set(
      picture, sum: 1,
      zip(top.classes, top.scores).map { ScoreRecords.Entry(index: $0, value: Double($1)) })
  }

  /// Puts the highest classes of `scores` into `top`.
  private func rank(_ scores: UnsafeBufferPointer<Double>, _ row: Int) throws {
    switch kind {
    case .probabilities:
      let sum = try top.rank(probabilities: scores)
      guard abs(sum - 1) <= Self.tolerance else {
        throw refusal(
          row,
          "its probabilities sum to \(Format.significant(sum, 6)) and not to 1; where classes are no "
            + "alternatives (sigmoid), give log p − log(1 − p) with --kind logOdds")
      }
    case .logits:
      logits.removeAll(keepingCapacity: true)
      for value in scores { logits.append(Float(value)) }
      guard logits.allSatisfy(\.isFinite) else {
        throw refusal(row, "a logit is too large for float32")
      }
      try logits.withUnsafeBufferPointer { try top.rank($0) }
    case .logOdds:
      guard scores.allSatisfy({ Float($0).isFinite }) else {
        throw refusal(row, "a log-odds is too large for float32")
      }
      try top.rank(logOdds: scores)
    }
  }

  func take(_ key: UnsafeRawBufferPointer, row: Int, class place: Int, score: Double) throws {
    rows += 1
    try requireFinite(score, row, place)
    if kind == .probabilities { try requireProbability(score, row, place) }
    let picture: Int?
    if key.elementsEqual(lastKey.bytes) {
      picture = lastKey.picture
    } else {
      picture = try lookup.index(of: key)
      lastKey = (Array(key), picture)
      if picture == nil { note(extra: key) }
    }
    guard let picture else { return }
    if open?.picture != picture {
      try close()
      open = (picture, String(decoding: key, as: UTF8.self), row, [])
    }
    open?.entries.append(ScoreRecords.Entry(index: place, value: score))
    open?.row = row
  }

  /// Keeps the pairs of the picture that was read last.
  private func close() throws {
    guard let open else { return }
    self.open = nil
    var entries = open.entries
    var sum = entries.reduce(0) { $0 + $1.value }
    if records.has(open.picture) {
      let earlier = try records.records(open.picture..<open.picture + 1)[0]
      entries += earlier?.entries ?? []
      sum += earlier?.sum ?? 0
    }
    entries.sort { $0.value != $1.value ? $0.value > $1.value : $0.index < $1.index }
    var seen: Set<Int> = []
    for entry in entries where !seen.insert(entry.index).inserted {
      throw refusal(
        open.row, "\(open.key) has the class \(classNames[entry.index]) twice; leave one of them")
    }
    if kind == .probabilities {
      guard sum <= 1 + Self.tolerance else {
        throw refusal(
          open.row,
          "the probabilities of \(open.key) sum to \(Format.significant(sum, 6)), more than 1")
      }
      // More pairs of it may follow; who gives a probability of 1 mostly gives no other.
      if let first = entries.first, first.value >= 1, sum <= first.value { certain += 1 }
    } else {
      guard entries.allSatisfy({ Float($0.value).isFinite }) else {
        throw refusal(open.row, "a log-odds is too large for float32")
      }
    }
    try records.set(open.picture, sum: sum, entries)
  }
}
