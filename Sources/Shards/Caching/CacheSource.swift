public import Copies
import Files
import Foundation
public import ImageData

/// What a shard of U holds now, by which its copies in a cache are known.
public struct CacheSource {
  /// The shard's name.
  public let name: String
  /// How many samples it has.
  public let count: Int
  /// `ShardedDataset.identity(ofShard:)`: its keys, and a look into a few pictures.
  public let identity: String
  /// The states of its files, which tell where it is worth looking into all of them; nil where U says itself
  /// what it holds.
  public let filesState: String?
  /// The content hash of a sample's picture; nil where it cannot be read.
  let contentHash: (Int) -> ContentHash.Prefix?

  /// The shard `shard` of `pictures`.
  public init(_ shard: Int, of pictures: any ShardedDataset) {
    let first = pictures.range(ofShard: shard).lowerBound
    self.init(
      name: pictures.shardName(shard), count: pictures.range(ofShard: shard).count,
      identity: pictures.identity(ofShard: shard), filesState: pictures.filesState(ofShard: shard)
    ) { position in
      (try? pictures.read(at: first + position)).map { ContentHash(of: $0).prefix }
    }
  }

  /// A shard of which all that is known otherwise.
  public init(
    name: String, count: Int, identity: String, filesState: String?,
    contentHash: @escaping (Int) -> ContentHash.Prefix?
  ) {
    self.name = name
    self.count = count
    self.identity = identity
    self.filesState = filesState
    self.contentHash = contentHash
  }

  /// What pictures of these hashes are together.
  static func identity(of hashes: [ContentHash.Prefix]) -> String {
    Checksum.sha256(
      Data(hashes.flatMap { $0.first.littleEndianBytes + $0.second.littleEndianBytes }))
  }
}

extension UInt64 {
  fileprivate var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian, Array.init) }
}
