package import Copies
package import ImageData
public import Models
package import Terminal
package import Torch

/// Measures `network` on labelled pictures, which it is right about with any of their classes.
///
/// ```swift
/// let result = try evaluate(network, on: Examples(labelled: test), input: input, Runtime())
/// print(result.top1 ?? .nan, "% of", result.count)
/// ```
/// - Throws: `TrainingError.nonFinite` naming a picture whose scores are no numbers, `Stopped` where a
///   signal asked for it, `TorchError`.
public func evaluate(
  _ network: any Network, on examples: Examples, input: ImageInput, _ runtime: Runtime
) throws -> Evaluation {
  try evaluate(network, on: examples, input: input, runtime, progress: nil)
}

/// Measures `network` on labelled pictures. How many of them may be unreadable is the caller's to
/// judge, by the result.
/// Where `hashing` is given, it gets what one picture after the other holds, or
/// `ContentHash.Prefix.none` where it cannot be read. `observing` gets each batch of this process and its
/// float32 logits [batch, classes].
/// - Throws: `TrainingError.nonFinite` naming a picture whose scores are no numbers.
package func evaluate(
  _ network: any Network, on examples: Examples, input: ImageInput, _ runtime: Runtime,
  progress: ProgressBar?, hashing: ((ContentHash.Prefix) -> Void)? = nil,
  observing: ((ImageBatch, Tensor) throws -> Void)? = nil
) throws -> Evaluation {
  // What has no names for its classes has their numbers.
  let given = examples.dataset.classes
  let names =
    given.count == examples.classCount ? given : (0..<examples.classCount).map(String.init)
  var result = Evaluation(of: names)
  // The processes of a group measure a part each, but for those who want to know each picture.
  let group = hashing == nil ? runtime.distributed : nil
  let count = examples.dataset.count
  let range = group.map { count * $0.rank / $0.size..<count * ($0.rank + 1) / $0.size }
  let five = min(5, names.count)
  let inference = try Inference(network, input: input, runtime)
  let badSamples = BadSamples(of: examples.dataset, limit: .none, seesEachOnce: true)
  try inference.forEachBatch(
    of: examples.dataset, range: range, hashesContents: hashing != nil, badSamples: badSamples,
    progress: progress
  ) { batch, logits in
    try observing?(batch, logits)
    if let hashing { batch.hashes.forEach { hashing($0?.prefix ?? .none) } }
    let best = try logits.top(five).indices.array(of: Int64.self)
    for row in 0..<batch.count {
      guard batch.reasons[row] == nil else {
        result.unreadable += 1
        continue
      }
      let labels = examples.classes(at: batch.indices[row])
      let guesses = best[row * five..<(row + 1) * five].map { Int32(clamping: $0) }
      result.count(guesses, of: labels)
    }
  }
  result.firstUnreadable = Array(badSamples.entries.prefix(Evaluation.mostNamed))
  if let line = inference.withoutEnd.line(in: examples.dataset.name) { progress?.note(line) }
  return try group.map { try result.joined(over: $0) } ?? result
}
