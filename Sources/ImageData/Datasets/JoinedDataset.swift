/// Several data sets as one without labels: their samples one set after the other, under their own keys.
package struct JoinedDataset: ImageDataset {
  private let parts: [any ImageDataset]
  /// The first index of each part, and the count of all at the end.
  private let starts: [Int]
  /// What messages call it.
  package let name: String

  /// Joins `parts`, in this order.
  package init(_ parts: [any ImageDataset], name: String) {
    self.parts = parts
    self.name = name
    starts = parts.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
  }

  /// The class names: none.
  package var classes: [String] { [] }

  /// How many samples there are.
  package var count: Int { starts[parts.count] }

  /// What was passed over in all of them.
  package var passedOver: PassedOver {
    var all = PassedOver()
    for part in parts { all.add(part.passedOver) }
    return all
  }

  /// Whether any sample of every part can be read at any time.
  package var isRandomAccess: Bool { parts.allSatisfy(\.isRandomAccess) }

  /// The sample's key in its part.
  package func key(at index: Int) -> String {
    let (part, index) = place(of: index)
    return part.key(at: index)
  }

  /// None.
  package func label(at index: Int) -> Int? { nil }

  /// The state of the sample's file.
  package func fileState(at index: Int) -> UInt64 {
    let (part, index) = place(of: index)
    return part.fileState(at: index)
  }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  package func read(at index: Int) throws -> EncodedImage {
    let (part, index) = place(of: index)
    return try part.read(at: index)
  }

  /// - Complexity: O(log parts).
  private func place(of index: Int) -> (part: any ImageDataset, index: Int) {
    var low = 0
    var high = parts.count
    while low + 1 < high {
      let middle = (low + high) / 2
      if starts[middle] <= index { low = middle } else { high = middle }
    }
    return (parts[low], index - starts[low])
  }
}
