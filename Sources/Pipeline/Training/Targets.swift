import ImageData
import Torch

/// What the loss compares the logits of a batch with.
struct Targets {
  let examples: Examples
  let loss: Recipe.Loss
  let seed: UInt64

  /// One row a picture: 1/m on each of m labels for `softmax`, 1 for `sigmoid`, 1 on one of them,
  /// drawn anew in each pass, for `oneOfM`.
  func rows(for batch: ImageBatch, order: any SampleOrder, device: Device) throws -> Tensor {
    let width = examples.classCount
    var rows = [Float](repeating: 0, count: batch.count * width)
    for row in 0..<batch.count {
      let index = batch.indices[row]
      let classes = examples.classes(at: index)
      switch loss {
      case .softmax:
        for label in classes { rows[row * width + Int(label)] = 1 / Float(classes.count) }
      case .sigmoid:
        for label in classes { rows[row * width + Int(label)] = 1 }
      case .oneOfM:
        let pass = order.sample(at: batch.positions.lowerBound + row).pass
        let draw = Hash.mix(seed, UInt64(pass), UInt64(index)) % UInt64(max(classes.count, 1))
        rows[row * width + Int(classes[classes.startIndex + Int(draw)])] = 1
      }
    }
    return try Tensor(rows, shape: [batch.count, width], device: device)
  }

  /// The mean loss of `logits` over the rows of `targets`.
  func loss(_ logits: Tensor, _ targets: Tensor) throws -> Tensor {
    switch loss {
    case .softmax, .oneOfM: try logits.softmaxCrossEntropy(targets)
    case .sigmoid: try logits.sigmoidCrossEntropy(targets)
    }
  }

  /// How many rows of `logits` have their largest entry at one of the picture's classes.
  func correct(_ logits: Tensor, for batch: ImageBatch) throws -> Int {
    let best = try logits.top(1).indices.array(of: Int64.self)
    return zip(batch.indices, best).count { index, label in
      examples.classes(at: index).contains(Int32(label))
    }
  }
}

/// Numbers that look random and are a function of their key.
enum Hash {
  /// 64 bits from three numbers (the finaliser of SplitMix64, Steele et al. 2014, between them).
  static func mix(_ a: UInt64, _ b: UInt64, _ c: UInt64) -> UInt64 {
    finish(finish(finish(a) ^ b) ^ c)
  }

  private static func finish(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Draws a class uniformly, then one of its pictures, at every position.
struct ClassBalancedOrder: SampleOrder {
  private let lists: [[Int32]]
  private let count: Int
  private let seed: UInt64

  init(_ examples: Examples, seed: UInt64) {
    lists = examples.picturesPerClass.filter { !$0.isEmpty }
    count = examples.count
    self.seed = seed
  }

  func sample(at position: Int) -> (pass: Int, index: Int) {
    let list = lists[Int(Hash.mix(seed, UInt64(position), 0) % UInt64(lists.count))]
    let place = Int(Hash.mix(seed, UInt64(position), 1) % UInt64(list.count))
    // Pictures repeat within a pass: the position itself keys their augmentation.
    return (position, Int(list[place]))
  }
}
