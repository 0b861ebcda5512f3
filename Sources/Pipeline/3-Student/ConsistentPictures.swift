import ImageData
import Ranking
import Recipes
import Shards
import Training

extension Run {
  /// U, for a stage whose network learns from it by itself; nil for others.
  ///
  /// The pictures are those that have been looked at: without the copies of D and of the test pictures that scoring has
  /// left out, without those that cannot be read, and without shards that were not scored.
  /// - Throws: `PipelineError` where U can only be read in order, or a shard has no scores yet.
  func consistency(of stage: Stage) throws -> Consistency? {
    guard let settings = recipe.consistency(of: stage) else { return nil }
    let unlabelled = data.unlabelled
    guard unlabelled.isRandomAccess else { throw Self.refusalOfOrder(unlabelled.name) }
    let scored = try ScoredShards(in: self)
    let looked = Set(scored.scored.map(\.index))
    var left: [Int] = []
    for shard in 0..<unlabelled.shardCount where !looked.contains(shard) {
      left += unlabelled.range(ofShard: shard)
    }
    try scored.forEachOmission { index, omission in
      if !omission.isWithoutScores { left.append(index) }
    }
    let pictures = try ImagesWithout(unlabelled, left: left.sorted())
    guard pictures.count > 0 else {
      throw PipelineError.data(
        "\(unlabelled.name): nothing is left of U to be consistent on; name other pictures in data.unlabelled"
      )
    }
    var consistency = Consistency(pictures, settings)
    consistency.isTruthKnown = data.isTruthKnown
    return consistency
  }

  /// What to do where U cannot be seen in any order.
  static func refusalOfOrder(_ name: String) -> PipelineError {
    .usage(
      "student.consistency sees U in another order each pass, but \(name) can only be read in order; unpack its "
        + "shards into plain .tar files, or set student.consistency.use: none")
  }
}

/// A data set without some of its samples.
struct ImagesWithout: ImageDataset {
  private let base: any ImageDataset
  /// Ascending, each once.
  private let left: [Int]

  /// `base` without its samples `left`, which ascend.
  /// - Throws: `ImageDataError.argument` where they do not, or lie outside.
  init(_ base: any ImageDataset, left: [Int]) throws {
    guard zip(left, left.dropFirst()).allSatisfy({ $0 < $1 }), left.first ?? 0 >= 0,
      left.last ?? -1 < base.count
    else {
      throw ImageDataError.argument("\(base.name): the samples to leave out do not ascend in it")
    }
    self.base = base
    self.left = left
  }

  var name: String { base.name }
  var classes: [String] { base.classes }
  var count: Int { base.count - left.count }
  var isRandomAccess: Bool { base.isRandomAccess }
  func key(at index: Int) -> String { base.key(at: place(of: index)) }
  func label(at index: Int) -> Int? { base.label(at: place(of: index)) }
  func fileState(at index: Int) -> UInt64 { base.fileState(at: place(of: index)) }
  func read(at index: Int) throws -> EncodedImage { try base.read(at: place(of: index)) }

  /// Where the sample at `index` stands in the whole set.
  /// - Complexity: O(log n) in the samples that are left out.
  private func place(of index: Int) -> Int {
    // Before the sample stand as many left ones as lie below it when these are taken out: left[k] - k ≤ index.
    var low = 0
    var high = left.count
    while low < high {
      let middle = (low + high) / 2
      if left[middle] - middle <= index { low = middle + 1 } else { high = middle }
    }
    return index + low
  }
}
