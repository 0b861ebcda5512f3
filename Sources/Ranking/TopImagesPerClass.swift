/// The K images with the highest scores of every class, exactly, from a stream in any order.
///
/// ```swift
/// let top = TopImagesPerClass(classes: 1000, imagesPerClass: 16_000) { id in key(of: id) }
/// top.insert(score: 3.2, class: 17, keyHash: KeyHash.hash(of: "a/b.jpg"), id: id)
/// let best = top.selected(inClass: 17).first
/// ```
///
/// A class keeps up to 5/4·K entries. When they are full, a selection in linear time keeps the
/// first K of the total order (score descending, hash of the key ascending, key ascending), and the
/// score at rank K becomes the threshold that later rows are compared with. What is kept depends on
/// the set of rows alone, not on their order or on how they were split before `merge(_:)`.
///
/// Invariants: a class holds every row seen that belongs to its first K; no held score is NaN.
/// - Complexity: amortised O(1) expected a row; at most 30·L·K bytes and no more than the rows need.
public final class TopImagesPerClass {
  /// How many classes there are, L.
  public let classCount: Int
  /// How many images a class keeps at most, K.
  public let imagesPerClass: Int
  /// How many rows had a score that is not a number; they are never selected.
  public private(set) var nanCount = 0

  private let order: RankingOrder
  private let limit: Int
  /// Below this score a row of the class is out: the only thing most rows look at.
  private let thresholds: UnsafeMutablePointer<Float>
  private let buffers: UnsafeMutablePointer<Buffer>

  private struct Buffer {
    var images: UnsafeMutableBufferPointer<RankedImage>
    var count = 0
    /// The hash at rank K once the class has been compacted, decisive among equal scores.
    var lastHash = UInt64.max
  }

  /// Keeps the first `imagesPerClass` of each of `classes` classes with at least `minimumScore`.
  /// - Parameters:
  ///   - classes: The number of classes, L.
  ///   - imagesPerClass: The number of images kept of each, K.
  ///   - minimumScore: The lowest score that may be selected; −∞ admits every number.
  ///   - key: The key of a sample, asked for only when two keys have the same hash.
  public init(
    classes: Int, imagesPerClass: Int, minimumScore: Float = -.infinity,
    key: @escaping (SampleID) -> String
  ) {
    classCount = max(classes, 0)
    self.imagesPerClass = max(imagesPerClass, 0)
    limit = self.imagesPerClass + max(self.imagesPerClass / 4, 16)
    order = RankingOrder(key: key)
    thresholds = .allocate(capacity: max(classCount, 1))
    // With K = 0 only NaN passes a threshold of +∞ … and +∞ itself, which `admit` refuses.
    thresholds.initialize(
      repeating: self.imagesPerClass == 0 ? .infinity : minimumScore, count: classCount)
    buffers = .allocate(capacity: max(classCount, 1))
    buffers.initialize(
      repeating: Buffer(images: UnsafeMutableBufferPointer(start: nil, count: 0)),
      count: classCount)
  }

  deinit {
    for index in 0..<classCount { buffers[index].images.deallocate() }
    buffers.deallocate()
    thresholds.deallocate()
  }

  /// Takes one row into account.
  /// - Precondition: `class` is in `0..<classCount`.
  @inline(__always)
  public func insert(score: Float, class index: Int, keyHash: UInt64, id: SampleID) {
    precondition(index >= 0 && index < classCount, "class \(index) of \(classCount)")
    // False for a score that is not a number, which `admit` then counts.
    if score < thresholds[index] { return }
    admit(RankedImage(score: score, keyHash: keyHash, id: id), to: index)
  }

  private func admit(_ image: RankedImage, to index: Int) {
    guard !image.score.isNaN else {
      nanCount += 1
      return
    }
    guard imagesPerClass > 0 else { return }
    if image.score == thresholds[index], image.keyHash > buffers[index].lastHash { return }
    if buffers[index].count == buffers[index].images.count { makeRoom(in: index) }
    buffers[index].images[buffers[index].count] = image
    buffers[index].count += 1
  }

  /// Doubles the buffer of a class up to `limit`, then compacts it instead.
  private func makeRoom(in index: Int) {
    let old = buffers[index].images
    guard old.count == limit else {
      let capacity = min(limit, max(16, old.count * 2))
      let images = UnsafeMutableBufferPointer<RankedImage>.allocate(capacity: capacity)
      _ = images.moveInitialize(fromContentsOf: old)
      old.deallocate()
      images[old.count...].initialize(
        repeating: RankedImage(score: 0, keyHash: 0, id: SampleID(shard: 0, position: 0)))
      buffers[index].images = images
      return
    }
    compact(index)
  }

  /// Keeps the first K images of a class, the last of them at position K − 1.
  private func compact(_ index: Int) {
    let buffer = buffers[index]
    guard buffer.count > imagesPerClass else { return }
    order.select(
      first: imagesPerClass,
      of: UnsafeMutableBufferPointer(rebasing: buffer.images[..<buffer.count]))
    let last = buffer.images[imagesPerClass - 1]
    buffers[index].count = imagesPerClass
    buffers[index].lastHash = last.keyHash
    thresholds[index] = last.score
  }

  /// Takes every row that `other` holds into account, as if it had been inserted here.
  /// - Throws: `RankingError` when the two do not rank the same classes to the same depth.
  public func merge(_ other: TopImagesPerClass) throws {
    guard other.classCount == classCount, other.imagesPerClass == imagesPerClass else {
      throw RankingError.invalidArgument(
        "cannot merge the top \(other.imagesPerClass) of \(other.classCount) classes into "
          + "the top \(imagesPerClass) of \(classCount) classes")
    }
    nanCount += other.nanCount
    for index in 0..<classCount {
      let buffer = other.buffers[index]
      for image in buffer.images[..<buffer.count] {
        insert(score: image.score, class: index, keyHash: image.keyHash, id: image.id)
      }
    }
  }

  /// The first K images of a class in the total order, rank 1 first.
  /// - Precondition: `class` is in `0..<classCount`.
  public func selected(inClass index: Int) -> [RankedImage] {
    precondition(index >= 0 && index < classCount, "class \(index) of \(classCount)")
    compact(index)
    return buffers[index].images[..<buffers[index].count].sorted(by: order.precedes)
  }

  /// The first K images of every class in the total order, rank 1 first.
  public func selected() -> [[RankedImage]] {
    (0..<classCount).map(selected(inClass:))
  }

  /// Gives the memory of a class back, after its last row.
  func forget(class index: Int) {
    buffers[index].images.deallocate()
    buffers[index] = Buffer(images: UnsafeMutableBufferPointer(start: nil, count: 0))
  }
}
