import Copies
import Files
import Foundation
import ImageData
import Models
import SystemPackage
import Terminal
import Torch
import Training

extension Transfer {
  /// Measures what was made, and the vote beside it, on the test pictures, whose features are computed once.
  func measure(
    _ made: Made, _ voter: NearestNeighbours, on test: Examples, _ results: inout TransferResults
  ) throws {
    let clock = Stopwatch()
    let shards = try features(of: test, as: "features-test", called: "test")
    let vote = try evaluation(of: voter, shards, test)
    let result =
      try request.mode == .fc
      ? evaluation(of: made.network, shards, test)
      : evaluate(made.network, on: test, input: frozen.input, runtime)
    guard let top1 = result.top1 else {
      throw PipelineError.data(
        "\(pictures.testName ?? "test"): \(result.unreadableLine ?? "no pictures"); the model is in "
          + "\(folder.path), and the same command measures it again")
    }
    (results.testTop1, results.testTop5) = (top1, result.top5)
    (results.testPictures, results.testUnreadable) = (result.count, result.unreadable)
    results.neighbours.testTop1 = vote.top1
    try DurableFile.write(JSON.pretty(result), to: "\(folder.path)/evaluation-test.json")
    results.testInTraining = try copiesInTraining(of: test)
    results.seconds += clock.seconds
  }

  /// What the last layer of `network` makes of features.
  private func evaluation(
    of network: any Network, _ shards: FeatureShards, _ examples: Examples
  ) throws -> Evaluation {
    let names = examples.dataset.classes
    var result = Evaluation(of: names)
    let five = min(5, names.count)
    let pass = Pass(.evaluation, precision: runtime.precision)
    try withoutGradients {
      try shards.forEachRows { indices, values in
        try StopSignal.check()
        let rows = try Tensor(values, shape: [indices.count, shards.kind.features])
          .to(.float32, device: runtime.device)
        let best = try network.classify(rows, pass).top(five).indices.array(of: Int64.self)
        for (row, index) in indices.enumerated() {
          result.count(
            best[row * five..<(row + 1) * five].map { Int32(clamping: $0) },
            of: examples.classes(at: index))
        }
      }
      try shards.forEachUnreadable { index, reason in
        result.unreadable += 1
        if result.firstUnreadable.count < Evaluation.mostNamed {
          result.firstUnreadable.append(
            BadSamples.Entry(key: examples.dataset.key(at: index), reason: reason))
        }
      }
    }
    return result
  }

  /// How many test pictures show what a training picture shows, byte by byte; says so where there are any.
  private func copiesInTraining(of test: Examples) throws -> Int {
    let known = Set(
      try contentHashes(of: pictures.train.dataset, workers: runtime.workers).compactMap { $0 })
    let hashes = try contentHashes(of: test.dataset, workers: runtime.workers)
    let copies = hashes.indices.filter { hashes[$0].map(known.contains) ?? false }
    if let first = copies.first {
      console.warn(
        "\(Format.counted(copies.count, "test picture is a training picture", "test pictures are training pictures")), "
          + "the first \(test.dataset.key(at: first)): the test accuracy says too much")
    }
    return copies.count
  }
}
