import Copies
import Crypto
import Files
import Foundation
public import ImageData

/// Pictures in shards: what one machine scores at a time, and what a sample's id counts in.
///
/// Indices run through all shards one after the other: the samples of a shard are
/// `range(ofShard:)`. Shards are never so large that a position does not fit 32 bits.
public protocol ShardedDataset: ImageDataset {
  /// How many shards there are.
  var shardCount: Int { get }
  /// A shard's name: unique, and fit for a file's name.
  func shardName(_ shard: Int) -> String
  /// The samples of a shard, as indices into the data set.
  func range(ofShard shard: Int) -> Range<Int>
  /// What a shard holds, in one word: two shards of one identity have the same samples in the same
  /// order.
  func identity(ofShard shard: Int) -> String
  /// The states of a shard's files in one word; nil where they are not known.
  func filesState(ofShard shard: Int) -> String?
  /// The folders on this machine that the pictures come from, where they are known.
  var sourceFolders: Set<String> { get }
  /// How many members were passed over when the shards were indexed.
  var problemCount: Int { get }
  /// What was passed over in a shard: the first 1,000, by their keys.
  func problems(ofShard shard: Int) -> [(key: String, reason: String)]
  /// The shards that were cut short when they were indexed; nil where shards are no archives of an
  /// index.
  var cutShards: CutShards? { get }
  /// What is to be said of a shard that was cut short; nil of others.
  func cutShard(_ shard: Int) -> CutShard?
}

extension ShardedDataset {
  /// Not known.
  public func filesState(ofShard shard: Int) -> String? { nil }

  /// Not known.
  public var sourceFolders: Set<String> { [] }

  /// None.
  public var problemCount: Int { 0 }

  /// Nothing.
  public func problems(ofShard shard: Int) -> [(key: String, reason: String)] { [] }

  /// Nil: there is no index.
  public var cutShards: CutShards? { nil }

  /// Nil: it is whole.
  public func cutShard(_ shard: Int) -> CutShard? { nil }

  /// The shard of the sample at `index`, and its position there.
  /// - Complexity: O(log shards).
  public func place(of index: Int) -> (shard: Int, position: Int) {
    var low = 0
    var high = shardCount
    while low + 1 < high {
      let middle = (low + high) / 2
      if range(ofShard: middle).lowerBound <= index { low = middle } else { high = middle }
    }
    return (low, index - range(ofShard: low).lowerBound)
  }
}

/// A data set cut into shards of so many samples, in their order.
public struct EvenShards: ShardedDataset {
  /// The data set that the samples are from.
  public let base: any ImageDataset
  /// How many samples a shard has, the last one excepted.
  public let shardSize: Int

  /// Cuts `base` into shards of `shardSize` samples, at least 1.
  public init(_ base: any ImageDataset, shardSize: Int) {
    self.base = base
    self.shardSize = max(1, shardSize)
  }

  /// What messages call it.
  public var name: String { base.name }

  /// The class names in the order of their labels.
  public var classes: [String] { base.classes }

  /// How many samples there are.
  public var count: Int { base.count }

  /// What lies among the pictures and is none.
  public var passedOver: PassedOver { base.passedOver }

  /// The sample's key.
  public func key(at index: Int) -> String { base.key(at: index) }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? { base.label(at: index) }

  /// Why the sample has no label, as far as that is known.
  public func whyUnlabelled(at index: Int) -> String? { base.whyUnlabelled(at: index) }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault.
  public func read(at index: Int) throws -> EncodedImage { try base.read(at: index) }

  /// How many shards there are.
  public var shardCount: Int { (count + shardSize - 1) / shardSize }

  /// A shard's name: its number, in five digits or more.
  public func shardName(_ shard: Int) -> String {
    let digits = String(shard)
    return Format.padded(digits, digits: 5)
  }

  /// The samples of a shard, as indices into the data set.
  public func range(ofShard shard: Int) -> Range<Int> {
    min(count, shard * shardSize)..<min(count, (shard + 1) * shardSize)
  }

  /// The SHA-256 of a shard's keys and of the contents of a few of its pictures: all of them would
  /// take as long as scoring.
  public func identity(ofShard shard: Int) -> String {
    let samples = range(ofShard: shard)
    var hash = SHA256()
    for sample in samples { hash.update(data: Data("\(key(at: sample))\n".utf8)) }
    for sample in stride(
      from: samples.lowerBound, to: samples.upperBound, by: max(1, samples.count / 4))
    {
      let picture = try? read(at: sample)
      hash.update(data: Data((picture.map { "\(ContentHash(of: $0))" } ?? "unreadable").utf8))
    }
    return hash.finalize().map { String(format: "%02x", $0) }.joined()
  }

  /// Whether any sample can be read at any time.
  public var isRandomAccess: Bool { base.isRandomAccess }

  /// The file whose every line is a class.
  public var fileOfClassNames: String? { base.fileOfClassNames }

  /// Whether classes that are numbers are called so.
  public var areClassesDigits: Bool { base.areClassesDigits }

  /// The splits that its list has.
  public var splits: [String] { base.splits }

  /// The hashtags of a sample.
  public func tags(at index: Int) -> [String] {
    base.tags(at: index)
  }

  /// The state of the sample's file.
  public func fileState(at index: Int) -> UInt64 { base.fileState(at: index) }

  /// Where `classes.txt` would be.
  public var placeForClassNames: String? { base.placeForClassNames }

  /// Why the pictures cannot be read any more.
  public var absence: String? { base.absence }
}
