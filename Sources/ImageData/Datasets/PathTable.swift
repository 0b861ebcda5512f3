import Files

/// Many short paths in one block of bytes: a list of fourteen million paths without fourteen million
/// objects.
struct PathTable: Sendable {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []

  /// How many strings there are.
  var count: Int { ends.count }

  /// Appends the concatenation of `first` and `second`.
  mutating func append(_ first: some Sequence<UInt8>, _ second: some Sequence<UInt8>) {
    bytes.append(contentsOf: first)
    bytes.append(contentsOf: second)
    ends.append(bytes.count)
  }

  /// The bytes at `index`, which need not be UTF-8.
  func bytes(at index: Int) -> ArraySlice<UInt8> {
    bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
  }

  /// The text that stands for the path at `index`.
  subscript(index: Int) -> String { PathText.text(of: bytes(at: index)) }
}
