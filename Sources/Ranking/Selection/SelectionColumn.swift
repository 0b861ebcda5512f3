/// One column of a selection: numbers in its file or in memory.
public struct SelectionColumn<Element: BitwiseCopyable & Equatable>: RandomAccessCollection,
  Equatable, @unchecked Sendable
{
  let values: UnsafeBufferPointer<Element>
  /// What keeps the values where they are.
  private let owner: AnyObject

  init(_ values: UnsafeBufferPointer<Element>, owner: AnyObject) {
    self.values = values
    self.owner = owner
  }

  /// The first index, 0.
  public var startIndex: Int { 0 }
  /// The number of values.
  public var endIndex: Int { values.count }

  /// The value with an index in `0..<count`.
  @inline(__always)
  public subscript(index: Int) -> Element {
    precondition(index >= 0 && index < values.count, "value \(index) of \(values.count)")
    return values[index]
  }

  /// Whether both columns hold the same values.
  public static func == (left: Self, right: Self) -> Bool { left.elementsEqual(right) }
}

/// The images of a selection, in ascending order.
public struct SelectedImages: RandomAccessCollection, Equatable, Sendable {
  let shards: SelectionColumn<UInt32>
  let positions: SelectionColumn<UInt32>

  /// The first index, 0.
  public var startIndex: Int { 0 }
  /// The number of images.
  public var endIndex: Int { shards.count }

  /// The image in row `row`.
  @inline(__always)
  public subscript(row: Int) -> SampleID {
    SampleID(shard: shards[row], position: positions[row])
  }
}
