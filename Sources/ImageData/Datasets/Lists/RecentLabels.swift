/// The numbers of labels that stood in a list not long ago: of ten million lines most have one of them, and
/// a dictionary of bytes takes as long for each as all else does.
struct RecentLabels {
  /// A label at the place that its bytes say, and its number; the one that was met last of several.
  private var entries = [(label: [UInt8], number: Int32)](repeating: ([], -1), count: count)
  private static let count = 4096
  private static let mostBytes = 64

  /// The number of `label`; nil where it is not among them.
  func number(of label: UnsafeRawBufferPointer) -> Int32? {
    guard !label.isEmpty, label.count <= Self.mostBytes else { return nil }
    return entries.withUnsafeBufferPointer { entries in
      let place = Self.place(of: label)
      guard entries[place].label.count == label.count, entries[place].label.elementsEqual(label)
      else { return nil }
      return entries[place].number
    }
  }

  /// Keeps the number of `label`.
  mutating func note(_ label: [UInt8], _ number: Int32) {
    guard !label.isEmpty, label.count <= Self.mostBytes else { return }
    entries[Self.place(of: label)] = (label, number)
  }

  /// FNV-1a's upper bits.
  private static func place(of label: some Sequence<UInt8>) -> Int {
    var hash: UInt32 = 2_166_136_261
    for byte in label { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    return Int(hash >> 20)
  }
}
