/// One image in the ranking of one class: 24 bytes, without its key.
public struct RankedImage: Hashable, Sendable {
  /// The hash of the image's key (`KeyHash`), the first tie-break.
  public var keyHash: UInt64
  /// Where the image is.
  public var id: SampleID
  /// The log-odds of the class.
  public var score: Float

  /// Makes an entry of a ranking.
  public init(score: Float, keyHash: UInt64, id: SampleID) {
    self.score = score
    self.keyHash = keyHash
    self.id = id
  }
}

/// The total order of a ranking: score descending, then the hash of the key ascending, then the
/// key's UTF-8 bytes ascending, then (for one key in two places) the id ascending.
struct RankingOrder {
  /// Looks a key up; called only when two hashes are equal.
  let key: (SampleID) -> String

  /// Whether `left` ranks before `right`; neither score may be NaN.
  @inline(__always)
  func precedes(_ left: RankedImage, _ right: RankedImage) -> Bool {
    if left.score != right.score { return left.score > right.score }
    if left.keyHash != right.keyHash { return left.keyHash < right.keyHash }
    return tieBreak(left.id, right.id)
  }

  @inline(never)
  private func tieBreak(_ left: SampleID, _ right: SampleID) -> Bool {
    guard left != right else { return false }
    let (leftKey, rightKey) = (key(left), key(right))
    if leftKey.utf8.elementsEqual(rightKey.utf8) { return left < right }
    return leftKey.utf8.lexicographicallyPrecedes(rightKey.utf8)
  }

  /// Moves the first `count` images of the order to the front, in no particular order but for the
  /// last of them, which stands at `count − 1`.
  /// - Complexity: O(images) expected, whatever their order (Hoare's selection with pivots drawn
  ///   from a fixed sequence).
  func select(first count: Int, of images: UnsafeMutableBufferPointer<RankedImage>) {
    var low = 0
    var high = images.count - 1
    let target = count - 1
    var draw: UInt64 = 0x9E37_79B9_7F4A_7C15
    while low < high {
      draw = KeyHash.finalized(draw &+ 0x9E37_79B9_7F4A_7C15)
      let pivot = images[low + Int(draw % UInt64(high - low + 1))]
      var (left, right) = (low, high)
      while left <= right {
        while precedes(images[left], pivot) { left += 1 }
        while precedes(pivot, images[right]) { right -= 1 }
        if left <= right {
          images.swapAt(left, right)
          left += 1
          right -= 1
        }
      }
      if target <= right {
        high = right
      } else if target >= left {
        low = left
      } else {
        return
      }
    }
  }
}
