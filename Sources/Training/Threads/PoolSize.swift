import ImageData
import Models
import Torch

/// How many threads of one pool a network's training is worth.
///
/// With another number weight gradients and batch norms add in another order, so this follows from the network
/// and the batch alone, as far as there are so many cores; a timing would give other weights each time.
package enum PoolSize {
  /// Multiply-adds of an operation for which a thread is woken up: some 0.5 ms of a core's work, against the
  /// microseconds that threads wait for each other after each, and the milliseconds that they do where
  /// something else takes one of the cores.
  package static let workPerThread = 1 << 26

  /// The number for a network of so many multiply-adds a picture, in so many operations, on batches of so
  /// many pictures: from 1 to `most`.
  package static func threads(
    multiplyAdds: Int, products: Int, batch: Int, most: Int
  ) -> Int {
    let work = Double(multiplyAdds / max(1, products)) * Double(batch)
    return max(1, Int(min(Double(most), work / Double(workPerThread))))
  }

  /// The number for `network`; `most` where its work cannot be counted.
  static func threads(
    for network: any Network, _ input: ImageInput, batch: Int, most: Int
  ) -> Int {
    guard most > 1 else { return 1 }
    let trace = Trace()
    let shape = [1, input.channels, input.size, input.size]
    guard let picture = try? Tensor.empty(shape, device: .meta),
      (try? network(picture, Pass(.training, trace: trace))) != nil, trace.products > 0
    else { return most }
    return threads(
      multiplyAdds: trace.multiplyAdds, products: trace.products, batch: batch, most: most)
  }
}
