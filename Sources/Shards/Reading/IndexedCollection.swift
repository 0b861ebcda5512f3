public import Copies
import Files
import Foundation
public import ImageData
import Synchronization
import SystemPackage

/// The pictures that an index lists, in shards: what `halcyon index` made of U.
///
/// ```swift
/// let ocean = try IndexedCollection(folder: "ocean.index")
/// for sample in ocean.range(ofShard: 0) { try ocean.read(at: sample) }
/// ```
/// Opening maps the catalogue alone, so a hundred million samples open at once. Shards' indexes are
/// mapped when they are first asked for, and only so many at a time; so are the shards themselves
/// opened. A shard that is not what it was when it was indexed is an error, never other pictures.
/// - Complexity: O(log shards) a call.
public final class IndexedCollection: ShardedDataset {
  /// The index's folder.
  public let folder: String
  /// What messages call it.
  public let name: String
  /// The class names in the order of their labels; empty when nothing is labelled.
  public let classes: [String]
  /// How many samples there are.
  public let count: Int
  /// How many shards there are.
  public let shardCount: Int
  /// Whether any sample can be read at any time at its own cost alone.
  public let isRandomAccess: Bool
  let catalogue: Catalogue
  private let labelOfClass: [[UInt8]: Int]
  private let commands: CommandPermission
  private let patience: FetchedStream.Patience
  private let note: (@Sendable (String) -> Void)?
  private let shards = RecentlyUsed<MappedShard>(most: 256)
  private let files = RecentlyUsed<ShardFile>(most: 128)
  private let sequences = RecentlyUsed<SequentialShard>(most: 3)
  private let datasets = RecentlyUsed<OpenedDataset>(most: 1)

  /// Whether `folder` holds an index.
  public static func exists(in folder: String) -> Bool { Catalogue.isIndex(folder: folder) }

  /// Opens the index in `folder`.
  /// - Parameters:
  ///   - folder: Where `buildIndex` has made it.
  ///   - commands: Which of its shell commands may run.
  ///   - readsImages: Whether pictures are to be read. Otherwise the index alone is, and commands that
  ///     may not run are an error only of reading what they would give.
  ///   - note: Told on any thread, about once a shard, that its server or command failed and is tried
  ///     again.
  ///   - shouldStop: Asked on any thread while a server or a command gives nothing, whether to give
  ///     up waiting.
  /// - Throws: `ImageDataError.dataset` when there is none, its catalogue is damaged, or it has commands
  ///   that may not run.
  public convenience init(
    folder: String, commands: CommandPermission = .denied, readsImages: Bool = true,
    note: (@Sendable (String) -> Void)? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    var patience = FetchedStream.Patience()
    patience.shouldStop = shouldStop
    try self.init(
      folder: folder, patience: patience, commands: commands, readsImages: readsImages,
      note: note)
  }

  init(
    folder: String, patience: FetchedStream.Patience, commands: CommandPermission,
    readsImages: Bool = true, note: (@Sendable (String) -> Void)? = nil
  ) throws {
    let catalogue = try Catalogue(folder: folder)
    if readsImages { try commands.check(catalogue.commands, of: folder) }
    self.folder = folder
    self.catalogue = catalogue
    self.commands = commands
    self.patience = patience
    self.note = note
    name = catalogue.name
    classes = catalogue.classes
    count = catalogue.sampleCount
    shardCount = catalogue.shardCount
    isRandomAccess = catalogue.isRandomAccess
    labelOfClass = Dictionary(
      zip(catalogue.classes, 0...).map { (Array($0.utf8), $1) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The SHA-256 of what the index says (keys, places, labels, tags), in hexadecimal digits: the same
  /// wherever the same shards are indexed.
  public var identity: String { catalogue.identity }

  /// The same.
  public var indexIdentity: String? { identity }

  /// How many members were passed over when the shards were indexed.
  public var problemCount: Int { catalogue.problemCount }

  /// The bytes of all pictures.
  public var imageBytes: Int { catalogue.imageBytes }

  /// A shard's name: unique, and fit for a file's name.
  public func shardName(_ shard: Int) -> String { catalogue.name(ofShard: shard) }

  /// The samples of a shard, as indices into the collection.
  public func range(ofShard shard: Int) -> Range<Int> { catalogue.range(ofShard: shard) }

  /// The SHA-256 of what a shard's index says.
  public func identity(ofShard shard: Int) -> String { catalogue.identity(ofShard: shard) }

  /// The sample's key: its shard's prefix, a slash and its stem, or its path. Where the index is
  /// damaged, which reading the sample says as an error, it is the sample's number.
  public func key(at index: Int) -> String {
    (try? verifiedKey(at: index)) ?? "(damaged index)/\(index)"
  }

  /// The sample's key.
  /// - Throws: `ImageDataError.dataset` when the index is damaged there.
  public func verifiedKey(at index: Int) throws -> String {
    let (shard, position) = try mapped(index)
    return try shard.key(at: position)
  }

  /// The sample's class, or nil when it has none.
  public func label(at index: Int) -> Int? {
    guard !classes.isEmpty, let (shard, position) = try? mapped(index),
      let local = try? shard.index.label(at: position)
    else { return nil }
    let labels = shard.labels(numbered: catalogue.labelsAreNumbers, labelOfClass)
    // An index says what it likes; a label beyond the classes is none.
    guard local < labels.count, let label = labels[local], classes.indices.contains(label) else {
      return nil
    }
    return label
  }

  /// The hashtags of a sample; empty where there are none.
  public func tags(at index: Int) -> [String] {
    guard let (shard, position) = try? mapped(index) else { return [] }
    return (try? shard.index.tags(at: position)) ?? []
  }

  /// The picture's hash, where the index was made with hashes.
  public func contentHash(at index: Int) -> ContentHash? {
    guard let (shard, position) = try? mapped(index) else { return nil }
    return try? shard.index.hash(at: position)
  }

  /// The picture's width and height upright, where the index was made with hashes and the picture's
  /// header tells them.
  public func imageSize(at index: Int) -> ImageSize? {
    guard let (shard, position) = try? mapped(index) else { return nil }
    return try? shard.index.size(at: position)
  }

  /// What was passed over when the shard was indexed: the first 1,000, by their keys.
  public func problems(ofShard shard: Int) -> [(key: String, reason: String)] {
    do {
      return try mappedShard(shard).index.problems()
    } catch {
      return [("", "\(error)")]
    }
  }

  /// The shards that were cut short when they were indexed.
  public var cutShards: CutShards? {
    var found = CutShards()
    for shard in catalogue.cutShards { found.add(cutShard(shard)) }
    return found
  }

  /// What is to be said of a shard that was cut short when it was indexed; nil of others.
  public func cutShard(_ shard: Int) -> CutShard? {
    guard let shard = try? mappedShard(shard), let end = try? shard.index.notes().end else {
      return nil
    }
    return CutShard(shard.row.location, end, pictures: shard.row.samples)
  }

  /// Compares every checksum of a shard's index.
  /// - Throws: `ImageDataError` when it is damaged or not the catalogue's.
  public func verify(shard: Int) throws { try mappedShard(shard).index.verify() }

  /// The sample's picture.
  /// - Throws: `ImageDataError.unreadable` when this picture alone is at fault; `.source` when its shard
  ///   is, `.dataset` when the index is.
  public func read(at index: Int) throws -> EncodedImage {
    let (shard, position) = try mapped(index)
    let (offset, length) = try shard.index.place(at: position)
    let key = try shard.key(at: position)
    let location = shard.row.location
    switch location.kind {
    case .pictures:
      let name = try shard.index.key(at: position)
      let path =
        name.first == UInt8(ascii: "/")
        ? Array(name) : PathText.bytes(of: location.text + "/") + name
      let data = try readImage(path, key: key)
      guard data.count == length else {
        throw ImageDataError.unreadable(
          key: key,
          reason: "it has \(data.count) bytes, but had \(length) when it was indexed; "
            + "run halcyon index again")
      }
      return .file(data)
    case .dataset:
      let opened = try datasets.value(0) { try OpenedDataset(shard.row) }
      guard offset < opened.dataset.count else { throw Self.changed(shard.row) }
      return try opened.dataset.read(at: offset)
    case .file where !shard.row.isReadInOrder:
      let file = try files.value(shard.number) { try Self.open(shard.row) }
      return .file(try file.read(length, at: offset, key: key))
    case .file, .pipe, .url:
      try commands.check(CollectionOfOne(location), of: folder)
      let (patience, note) = (patience, note)
      let sequence = sequences.value(shard.number) {
        SequentialShard(
          name: shard.row.name, location: location, index: shard.index, patience: patience,
          note: note)
      }
      return .file(try sequence.read(position, key: key))
    }
  }

  private static func open(_ row: Catalogue.Row) throws -> ShardFile {
    do {
      let file = try ShardFile(row.location.text)
      guard file.state == row.source else { throw changed(row) }
      return file
    } catch let failure as StreamFailure {
      throw ImageDataError.source(shard: row.name, reason: failure.reason)
    }
  }

  fileprivate static func changed(_ row: Catalogue.Row) -> ImageDataError {
    .source(
      shard: row.name,
      reason: "\(row.location.text) has changed since it was indexed; run halcyon index again")
  }

  private func mapped(_ index: Int) throws -> (shard: MappedShard, position: Int) {
    guard index >= 0, index < count else {
      throw ImageDataError.argument("sample \(index) of \(name), which has \(count)")
    }
    let (shard, position) = place(of: index)
    return (try mappedShard(shard), position)
  }

  private func mappedShard(_ shard: Int) throws -> MappedShard {
    try shards.value(shard) {
      try MappedShard(shard, row: catalogue.row(shard), folder: folder)
    }
  }
}

/// A shard's index beside its row of the catalogue.
private final class MappedShard: Sendable {
  let number: Int
  let row: Catalogue.Row
  let index: ShardIndex
  private let cachedLabels = Mutex<[Int?]?>(nil)

  init(_ number: Int, row: Catalogue.Row, folder: String) throws {
    self.number = number
    self.row = row
    index = try ShardIndex(path: IndexFolder.path(ofShard: row.name, in: folder))
    guard index.contents == row.contents, index.count == row.samples, index.source == row.source
    else {
      throw ImageDataError.dataset(
        path: index.path, reason: "it is not the one of the catalogue; run halcyon index again")
    }
  }

  func key(at position: Int) throws -> String {
    let key = PathText.text(of: try index.key(at: position))
    return row.prefix.isEmpty ? key : row.prefix + "/" + key
  }

  /// The collection's label of each class name of this shard.
  func labels(numbered: Bool, _ labelOfClass: [[UInt8]: Int]) -> [Int?] {
    cachedLabels.withLock { cached in
      if let cached { return cached }
      let names = (try? index.classNames()) ?? []
      let labels = names.map { numbered ? Int($0) : labelOfClass[Array($0.utf8)] }
      cached = labels
      return labels
    }
  }
}

/// The data set that shards without files of their own are parts of.
private final class OpenedDataset: Sendable {
  let dataset: any ImageDataset

  init(_ row: Catalogue.Row) throws {
    guard let status = FilePath(text: row.location.text).status, SourceState(status) == row.source
    else {
      throw IndexedCollection.changed(row)
    }
    dataset = try openDataset(row.location.text, split: row.location.variable, unlabelled: true)
  }
}
