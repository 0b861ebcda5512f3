/// Which samples of a data set are the same picture, byte for byte.
///
/// ```swift
/// let copies = CopyGroups(of: hashes)
/// copies.groups          // [[3, 17], [4, 5, 90]]
/// ```
public struct CopyGroups: Sendable {
  /// The samples that have copies, group by group, each ascending; the groups in the order of their
  /// first samples.
  public let groups: [[Int]]
  private let groupOfSample: [Int: Int]

  /// No sample has a copy.
  public static let none = CopyGroups(of: [ContentHash.Prefix]())

  /// Groups samples by what they hold; `ContentHash.Prefix.none`, of what cannot be read, is like
  /// nothing.
  public init(of contents: some Collection<ContentHash.Prefix>) {
    var firsts: [ContentHash.Prefix: Int] = [:]
    firsts.reserveCapacity(contents.count)
    var members: [Int: [Int]] = [:]
    for (sample, content) in contents.enumerated() where content != .none {
      if let first = firsts[content] {
        members[first, default: [first]].append(sample)
      } else {
        firsts[content] = sample
      }
    }
    groups = members.values.sorted { $0[0] < $1[0] }
    var places: [Int: Int] = [:]
    for (place, group) in groups.enumerated() {
      for sample in group { places[sample] = place }
    }
    groupOfSample = places
  }

  /// The sample and its copies, ascending.
  public func samples(like sample: Int) -> [Int] {
    groupOfSample[sample].map { groups[$0] } ?? [sample]
  }
}
