public import Copies
import Files
import Foundation
public import ImageData

/// Writes one shard of a cache: the copies of a shard's pictures as a tar in WebDataset's form, its index,
/// and its record, which is there last.
///
/// Whoever writes it from the same pictures writes the same bytes; two that do at the same time disturb
/// nobody.
public final class CacheShardWriter {
  private let cache: ImageCache
  private let name: String
  private let tar: TarWriter
  private var index = ShardIndexWriter(hasHashes: true)
  private var names: CacheNames
  private var record: CacheRecord
  private var contents: [ContentHash.Prefix] = []

  /// Begins the copies of what `source` is now.
  init(_ cache: ImageCache, of source: CacheSource) throws {
    self.cache = cache
    name = source.name
    names = CacheNames(shard: name)
    tar = try TarWriter(path: cache.path(name, "tar"))
    record = CacheRecord(
      shard: name, inputIdentity: source.identity, filesState: source.filesState, contents: "",
      format: cache.format, count: 0, unreadable: 0, smaller: 0, bytes: 0, changed: 0, sha256: "",
      indexSHA256: "")
  }

  /// Appends the copy of the next picture of the shard, whose key is `key` and whose own bytes are known by
  /// `contentHash`; nil where it could not be read.
  /// - Throws: `FileError`; `ImageDataError` where there is no place for it.
  public func append(
    _ copy: EncodedImage?, key: String, of contentHash: ContentHash.Prefix
  ) throws {
    record.count += 1
    if copy != nil { contents.append(contentHash) }
    guard let copy else {
      record.unreadable += 1
      return try index.append(key: PathText.bytes(of: key), offset: 0, length: 0)
    }
    let stem = names.stem(of: key)
    let size: ImageSize?
    let skipped: Int
    let member: Data
    switch (cache.format.encoding, copy) {
    case (.raw, .pixels(let pixels, let width, let height, let channels)):
      let shape = channels == 1 ? [height, width] : [height, width, channels]
      member = Data(NumPyHeader.bytes(type: "|u1", shape: shape)) + pixels
      (size, skipped) = (ImageSize(width: width, height: height), NumPyHeader.byteCount)
      try tar.append("\(stem).npy", member)
    default:
      let file = try copy.asFile()
      member = file.bytes
      (size, skipped) = (ImageSize(of: member), 0)
      try tar.append("\(stem).\(file.extension)", member)
    }
    // A member ends in whole blocks, which nothing follows yet.
    let offset = tar.byteCount - (member.count + 511) / 512 * 512
    if let size, min(size.width, size.height) < cache.format.size { record.smaller += 1 }
    try index.append(
      key: PathText.bytes(of: key), offset: offset + skipped, length: member.count - skipped,
      hash: ContentHash(of: member), size: size)
  }

  /// Makes the files those of the cache, durably, the record last.
  /// - Throws: `FileError`.
  public func finish() throws {
    try tar.finish()
    let path = cache.path(name, "tar")
    let state = try ShardFile(path).state
    let bytes = try index.encoded(isReadInOrder: false, source: state.unchanging, origin: 0)
    try DurableFile.write(Data(bytes), to: cache.path(name, "index"))
    (record.bytes, record.changed) = (state.size, state.changed)
    record.sha256 = try Checksum.sha256(file: path)
    record.indexSHA256 = Checksum.sha256(Data(bytes))
    record.contents = CacheSource.identity(of: contents)
    try DurableFile.write(JSON.pretty(record), to: cache.path(name, "json"))
  }
}

extension SourceState {
  /// The same without the time, which is another whoever writes the file.
  fileprivate var unchanging: SourceState {
    var state = self
    state.changed = 0
    return state
  }
}
