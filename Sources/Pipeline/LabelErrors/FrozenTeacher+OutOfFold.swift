import Files
import Models
import Recipes
import Terminal
import Torch
import Training

extension FrozenTeacher {
  /// The logits [held-out pictures, classes] of a linear layer on the frozen features of D that learned the pictures
  /// `kept`; not numbers where a picture cannot be read.
  /// - Throws: `PipelineError`, `TorchError`.
  static func linearLogits(
    of heldOut: [Int], learning kept: [Int], in run: Run
  ) throws -> [Float] {
    let found = try labelledFeatures(in: run)
    let classCount = run.data.classNames.count
    let learned = kept.filter { found.rows[$0] != nil }
    let asked = heldOut.filter { found.rows[$0] != nil }
    let probe = try LinearProbe(
      found.tensor(of: learned), classes: learned.map { found.classes[$0] },
      classCount: classCount, step: { try StopSignal.check() })
    let values = try found.tensor(of: asked).matrixProduct(probe.layer.weight.permuted([1, 0]))
      .adding(probe.layer.bias).array(of: Float.self)
    var logits = [Float](repeating: .nan, count: heldOut.count * classCount)
    var row = 0
    for (place, picture) in heldOut.enumerated() where found.rows[picture] != nil {
      logits.replaceSubrange(
        place * classCount..<(place + 1) * classCount,
        with: values[row * classCount..<(row + 1) * classCount])
      row += 1
    }
    return logits
  }

  /// The logits [pictures of D, classes] of the vote of all other pictures of D; not numbers where one cannot be read.
  /// - Throws: `PipelineError`, `TorchError`.
  static func leaveOneOut(in run: Run) throws -> [Float] {
    let found = try labelledFeatures(in: run)
    let classCount = run.data.classNames.count
    let pictures = (0..<run.data.labelled.count).filter { found.rows[$0] != nil }
    let teacher = run.recipe.teacher
    let vote = NeighbourVote(
      pictures: pictures.count, neighbours: min(teacher.neighbours, pictures.count),
      temperature: teacher.temperature)
    let network = try run.firstNetwork(
      of: .teacher, run.options(of: .teacher), seed: run.seed(.teacher))
    let voter = try NearestNeighbours(network, vote, classCount: classCount)
    try voter.remember(
      found.tensor(of: pictures), classes: pictures.map { found.classes[$0] })
    var logits = [Float](
      repeating: .nan, count: run.data.labelled.count * classCount)
    for first in stride(from: 0, to: pictures.count, by: 1_024) where pictures.count > 1 {
      try StopSignal.check()
      let rows = first..<min(pictures.count, first + 1_024)
      let values = try voter.classifyBank(rows).array(of: Float.self)
      for (row, place) in rows.enumerated() {
        let start = pictures[place] * classCount
        logits.replaceSubrange(
          start..<start + classCount, with: values[row * classCount..<(row + 1) * classCount])
      }
    }
    return logits
  }

  /// The frozen network's features of D.
  private struct LabelledFeatures {
    var values: [Float] = []
    var width: Int
    /// By picture, its row in `values`; nil where it cannot be read.
    var rows: [Int?]
    var classes: [Int]

    /// [pictures, features].
    func tensor(of pictures: [Int]) throws -> Tensor {
      var own: [Float] = []
      own.reserveCapacity(pictures.count * width)
      for picture in pictures {
        guard let row = rows[picture] else { continue }
        own += values[row * width..<(row + 1) * width]
      }
      return try Tensor(own, shape: [pictures.count, width])
    }
  }

  private static func labelledFeatures(in run: Run) throws -> LabelledFeatures {
    let options = run.options(of: .teacher)
    let network = try run.firstNetwork(of: .teacher, options, seed: run.seed(.teacher))
    let shards = try computedFeatures(of: network, options, in: run).shards
    let labelled = run.data.labelled
    var found = LabelledFeatures(
      width: shards.kind.features, rows: Array(repeating: nil, count: labelled.count),
      classes: (0..<labelled.count).map { Int(labelled.classes(at: $0).first ?? 0) })
    try shards.forEachRows { indices, rows in
      for (place, picture) in indices.enumerated() {
        found.rows[picture] = found.values.count / max(1, found.width) + place
      }
      found.values += rows
    }
    return found
  }
}
