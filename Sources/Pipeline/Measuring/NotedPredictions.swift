import Files
import Foundation
import ImageData
import Ranking
import Torch
import Training

/// What a network says of each labelled picture while it is measured: 8 + 8P bytes a picture, until they are
/// written.
///
/// | file | columns |
/// |---|---|
/// | `predictions-SET.csv` | key, truth, prediction, probability, truth_probability; a picture that cannot be read has the first two |
/// | `ranked-validation.csv`, of the teacher | key, truth, class, log_odds: a row for each of a picture's P best classes |
final class NotedPredictions {
  private let examples: Examples
  private let ranked: Int
  /// By picture the probability of its true class; not a number where it could not be read.
  private var truths: [Float]
  /// By picture its P best classes, and their log-odds.
  private var classes: [Int32]
  private var scores: [Float]
  private var seen: Range<Int>?
  private var top: TopClasses

  /// Notes predictions of `examples`, of each its `count` best classes.
  init(of examples: Examples, rankedIn count: Int) {
    self.examples = examples
    top = TopClasses(classes: examples.classCount, count: max(1, count))
    ranked = top.count
    truths = Array(repeating: .nan, count: examples.count)
    classes = Array(repeating: -1, count: examples.count * ranked)
    scores = Array(repeating: .nan, count: examples.count * ranked)
  }

  /// Notes a batch and its logits [batch, classes].
  /// - Throws: `TorchError`, `RankingError`.
  func note(_ batch: ImageBatch, _ logits: Tensor) throws {
    let values = try logits.array(of: Float.self)
    let width = examples.classCount
    for row in 0..<batch.count where batch.reasons[row] == nil {
      let picture = batch.indices[row]
      seen = min(seen?.lowerBound ?? picture, picture)..<max(seen?.upperBound ?? 0, picture + 1)
      try values.withUnsafeBufferPointer {
        let own = UnsafeBufferPointer(rebasing: $0[row * width..<(row + 1) * width])
        try top.rank(own)
        truths[picture] = Self.probability(
          of: Int(examples.classes(at: picture).first ?? 0), in: own)
      }
      for (place, (label, score)) in zip(top.classes, top.scores).enumerated() {
        classes[picture * ranked + place] = Int32(label)
        scores[picture * ranked + place] = score
      }
    }
  }

  /// The softmax of one class.
  private static func probability(of label: Int, in logits: UnsafeBufferPointer<Float>) -> Float {
    let most = Double(logits.max() ?? 0)
    let sum = logits.reduce(0) { $0 + exp(Double($1) - most) }
    return Float(exp(Double(logits[label]) - most) / sum)
  }

  /// Adds what the other processes of `group` have noted of their pictures.
  /// - Throws: `DistributedError`, `PipelineError` where what they say is cut short.
  func gather(over group: DistributedGroup?) throws {
    guard let group else { return }
    let own = seen ?? 0..<0
    var bytes = Data()
    func add<Value>(_ values: ArraySlice<Value>) {
      values.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    add([Int64(own.lowerBound), Int64(own.upperBound)][...])
    add(truths[own])
    add(classes[own.lowerBound * ranked..<own.upperBound * ranked])
    add(scores[own.lowerBound * ranked..<own.upperBound * ranked])
    for part in try group.gather(bytes) {
      try part.withUnsafeBytes { try take($0) }
    }
  }

  private func take(_ bytes: UnsafeRawBufferPointer) throws {
    guard bytes.count >= 16 else { throw Self.cut }
    let ends = (0..<2).map { bytes.loadUnaligned(fromByteOffset: 8 * $0, as: Int64.self) }
    guard ends[0] >= 0, ends[0] <= ends[1], ends[1] <= truths.count else { throw Self.cut }
    let range = Int(ends[0])..<Int(ends[1])
    guard bytes.count == 16 + range.count * (4 + 8 * ranked) else { throw Self.cut }
    var offset = 16
    func next<Value>(_: Value.Type) -> Value {
      defer { offset += 4 }
      return bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
    }
    for picture in range { truths[picture] = next(Float.self) }
    let places = range.lowerBound * ranked..<range.upperBound * ranked
    for place in places { classes[place] = next(Int32.self) }
    for place in places { scores[place] = next(Float.self) }
  }

  private static let cut = PipelineError.data("another process's predictions came cut short")

  /// Writes one row a picture, durably.
  /// - Throws: `FileError` naming `path`.
  func write(to path: String) throws {
    let names = names
    let writer = try CSVWriter(
      path: path, header: ["key", "truth", "prediction", "probability", "truth_probability"])
    for picture in 0..<examples.count {
      append(picture, names, to: writer)
      let best = classes[picture * ranked]
      if best >= 0 {
        writer.rows.append(names[Int(best)])
        writer.rows.append(
          Float(LogOdds.probability(fromLogOdds: scores[picture * ranked])))
        writer.rows.append(truths[picture])
      } else {
        for _ in 0..<3 { writer.rows.append("") }
      }
      try writer.endRow()
    }
    try writer.commit()
  }

  /// Writes one row for each of the P best classes of each picture, durably.
  /// - Throws: `FileError` naming `path`.
  func writeRanked(to path: String) throws {
    let names = names
    let writer = try CSVWriter(path: path, header: ["key", "truth", "class", "log_odds"])
    for place in classes.indices where classes[place] >= 0 {
      append(place / ranked, names, to: writer)
      writer.rows.append(names[Int(classes[place])])
      writer.rows.append(scores[place])
      try writer.endRow()
    }
    try writer.commit()
  }

  private func append(_ picture: Int, _ names: [String], to writer: CSVWriter) {
    writer.rows.append(examples.dataset.key(at: picture))
    writer.rows.append(examples.classes(at: picture).first.map { names[Int($0)] } ?? "")
  }

  /// The classes' names; numbers where there are none.
  private var names: [String] {
    let given = examples.dataset.classes
    return given.count == examples.classCount ? given : (0..<examples.classCount).map(String.init)
  }
}
