/// Pictures whose files lack their end and nothing else: each counted once, the first ones named.
public struct ImagesWithoutEnd: Sendable {
  private var seen: Set<Int> = []
  private var others = 0
  private var names: [String] = []
  private static let mostNamed = 3

  /// None.
  public init() {}

  /// How many there are.
  public var count: Int { seen.count + others }

  mutating func add(index: Int, key: @autoclosure () -> String) {
    guard seen.insert(index).inserted, names.count < Self.mostNamed else { return }
    names.append(key())
  }

  /// Counts those of another part of the data set in, which shares no picture with this one.
  public mutating func add(_ other: ImagesWithoutEnd) {
    others += other.count
    names += other.names.prefix(Self.mostNamed - names.count)
  }

  /// One line: how many pictures of the data set `name` are taken without their end, and which; nil for
  /// none.
  public func line(in name: String) -> String? {
    guard count > 0 else { return nil }
    let listed = names.joined(separator: ", ") + (count > names.count ? ", …" : "")
    return count == 1
      ? "1 picture of \(name) lacks its file's end; every row of it is there: \(listed)"
      : "\(count) pictures of \(name) lack their files' end; every row of them is there: \(listed)"
  }
}
