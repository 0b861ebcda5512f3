import ImageData

/// Goes over two sets of pictures beside each other, so that a share of what is seen is of the second.
///
/// The second's are spread evenly: of any n positions in a row, the share of n are its own, give or take one.
struct MixedOrder: SampleOrder {
  private let first, second: any SampleOrder
  private let start: Int
  /// The share in parts of 2^32.
  private let parts: UInt64

  /// Takes `share`, 0 to 1, from `second`, whose samples are counted from `start` on.
  init(
    _ first: any SampleOrder, _ second: any SampleOrder, from start: Int, share: Double
  ) {
    self.first = first
    self.second = second
    self.start = start
    parts = UInt64((max(0, min(1, share)) * 0x1p32).rounded())
  }

  /// How many of the positions before `position` are the second's.
  private func count(before position: Int) -> Int {
    let (high, low) = UInt64(position).multipliedFullWidth(by: parts)
    return Int(high << 32 | low >> 32)
  }

  func sample(at position: Int) -> (pass: Int, index: Int) {
    let before = count(before: position)
    guard count(before: position + 1) > before else { return first.sample(at: position - before) }
    let (pass, index) = second.sample(at: before)
    return (pass, start + index)
  }
}
