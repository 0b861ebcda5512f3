import Files
import Foundation
import ImageData
import SystemPackage

/// Finds out what is in one shard and writes its index, or sees that it is there already.
struct ShardIndexing {
  let plan: IndexPlan
  let folder: String
  let options: IndexOptions
  /// Why nothing may be written, if so.
  var lockFailure: FileError?
  private static let pipeAttempts = 3

  /// What came of a shard.
  struct Outcome {
    var row: Catalogue.Row
    /// The labels that occur in it, as texts.
    var classNames: [String]
    var isReused: Bool
    /// Whether it has a table beside it that could not be read for want of the library.
    var lacksLibrary = false
  }

  /// Indexes `shard`. `note` is told when its server or command fails and is tried again.
  /// - Throws: `ImageDataError.source` when the shard fails, `FileError`.
  func index(
    _ shard: IndexPlan.Shard, note: @escaping (String) -> Void = { _ in }
  ) throws -> Outcome {
    let path = IndexFolder.path(ofShard: shard.name, in: folder)
    // A damaged index is no index.
    let existing = try? ShardIndex(path: path)
    let table = ShardTable(beside: shard.location)
    let origin = origin(of: shard, table)
    // An index with hashes says all that one without them does.
    let needsHashes = options.hashesContents && shard.location.kind != .dataset
    let usable = existing.flatMap { index in
      index.origin == origin && (index.hasHashes || !needsHashes)
        && (index.hasNotes || index.problemCount == 0) ? index : nil
    }
    if !options.readsAll, let usable, try isFresh(usable, shard), (try? usable.verify()) != nil {
      return try outcome(shard, usable, isReused: true)
    }
    let join = ShardTableJoin(table)
    let known = options.readsAll ? nil : usable
    let bytes = try contents(of: shard, origin, known, join, note)
    if !options.readsAll, let usable, (try? usable.verify()) != nil, try isEqual(usable, bytes) {
      return try outcome(shard, usable, isReused: true)
    }
    if let lockFailure { throw lockFailure }
    try DurableFile.write(Data(bytes), to: path)
    var made = try outcome(shard, try ShardIndex(path: path), isReused: false)
    made.lacksLibrary = join.lacksLibrary
    return made
  }

  private func outcome(
    _ shard: IndexPlan.Shard, _ index: ShardIndex, isReused: Bool
  ) throws -> Outcome {
    let notes = try index.notes()
    let row = Catalogue.Row(
      samples: index.count, problems: index.problemCount, imageBytes: index.imageBytes,
      source: index.source, contents: index.contents, origin: index.origin,
      isReadInOrder: index.isReadInOrder, isCutShort: notes.end != nil,
      hasOthers: !notes.others.isEmpty, name: shard.name, prefix: shard.prefix,
      location: shard.location)
    return Outcome(row: row, classNames: try index.classNames(), isReused: isReused)
  }

  /// Whether the source is as it was when `index` was made. What a command or a server gives nobody
  /// knows before; `readsAll` makes its index again.
  private func isFresh(_ index: ShardIndex, _ shard: IndexPlan.Shard) throws -> Bool {
    switch shard.location.kind {
    case .pipe, .url: return true
    case .file:
      return try orSource(shard) { try ShardFile(shard.location.text).state } == index.source
    case .pictures, .dataset: return false
    }
  }

  private func isEqual(_ index: ShardIndex, _ bytes: [UInt8]) throws -> Bool {
    guard let file = try? MappedFile(path: index.path) else { return false }
    return file.bytes.elementsEqual(bytes)
  }

  /// What an index depends on besides what is in the source.
  private func origin(of shard: IndexPlan.Shard, _ table: ShardTable?) -> UInt64 {
    let location = shard.location
    var parts = [
      String(location.kind.rawValue), location.text, location.variable ?? "\u{1}",
      "", options.requiredTags?.fingerprint ?? "\u{1}",
    ]
    if let table { parts.append(table.fingerprint) }
    var text = Array(parts.joined(separator: "\0").utf8)
    return text.withUnsafeMutableBytes { XXHash64.hash(UnsafeRawBufferPointer($0)) }
  }

  private func contents(
    of shard: IndexPlan.Shard, _ origin: UInt64, _ known: ShardIndex?, _ join: ShardTableJoin,
    _ note: @escaping (String) -> Void
  ) throws -> [UInt8] {
    switch shard.location.kind {
    case .pictures: return try ofImages(shard, origin, known)
    case .dataset: return try ofDataset(shard, origin)
    case .file, .url, .pipe: break
    }
    return try orSource(shard) {
      for attempt in 1..<Self.pipeAttempts where shard.location.kind == .pipe {
        do {
          return try ofArchive(shard, origin, join, note)
        } catch let failure as StreamFailure where failure.kind == .source {
          note("\(failure.reason); it is tried again")
          try options.patience.pause(
            milliseconds: min(options.patience.firstWait * attempt, 10_000))
        }
      }
      return try ofArchive(shard, origin, join, note)
    }
  }

  private func orSource<Result>(
    _ shard: IndexPlan.Shard, _ body: () throws -> Result
  ) throws -> Result {
    do {
      return try body()
    } catch let failure as StreamFailure {
      throw ImageDataError.source(shard: shard.name, reason: failure.reason)
    } catch ImageDataError.argument(let reason) {
      throw ImageDataError.source(shard: shard.name, reason: reason)
    }
  }

  private func ofArchive(
    _ shard: IndexPlan.Shard, _ origin: UInt64, _ join: ShardTableJoin,
    _ note: @escaping (String) -> Void
  ) throws -> [UInt8] {
    let source = try ShardSource(shard.location, patience: options.patience, note: note)
    defer { source.stream.close() }
    let builder = IndexBuilder(hasHashes: options.hashesContents)
    let required = options.requiredTags
    let ending = try WebDatasetSamples.read(
      TarReader(source.stream), hashesContents: options.hashesContents,
      found: { found in
        var sample = found
        try join.complete(&sample)
        if let required, !required.matches(sample.metadata.tags) { return }
        try builder.writer.append(
          key: sample.key, offset: sample.offset, length: sample.length,
          metadata: sample.metadata, hash: sample.hash, size: sample.size)
      }, missed: { name, reason in builder.writer.note(key: name, reason: reason) })
    builder.writer.notes.others = ending.others
    if let early = ending.early {
      // A command that gives half a shard and says that all is well: what is missing would be missed.
      guard shard.location.kind != .pipe else {
        throw StreamFailure(.source, "\(shard.location.description) ended early: \(early.reason)")
      }
      builder.writer.notes.end = early.end
      // A decompressor counts the file's own bytes, an archive what they inflate to.
      if early.isOfArchive, source.stream is InflatedStream {
        builder.writer.notes.end?.isInflated = true
      }
    } else {
      do {
        try source.stream.finish()
      } catch let failure as StreamFailure where failure.kind == .damaged {
        guard shard.location.kind != .pipe else { throw failure }
        builder.writer.notes.end = failure.end
        if failure.end == nil { builder.writer.note(key: [], reason: failure.reason) }
      }
    }
    if let problem = join.problem { builder.writer.note(key: [], reason: problem) }
    return try builder.writer.encoded(
      isReadInOrder: source.isReadInOrder, source: source.state, origin: origin)
  }

  private func ofDataset(_ shard: IndexPlan.Shard, _ origin: UInt64) throws -> [UInt8] {
    guard let status = FilePath(text: shard.location.text).status else {
      throw ImageDataError.source(shard: shard.name, reason: String(cString: strerror(errno)))
    }
    var writer = ShardIndexWriter(hasHashes: false)
    for number in shard.range {
      let metadata = plan.metadata(at: number)
      if let required = options.requiredTags, !required.matches(metadata.tags) { continue }
      try writer.append(
        key: plan.pictures.bytes(at: number), offset: number, length: 0, metadata: metadata)
    }
    return try writer.encoded(
      isReadInOrder: false, source: SourceState(status), origin: origin)
  }
}

/// A writer that two closures may fill.
private final class IndexBuilder {
  var writer: ShardIndexWriter
  init(hasHashes: Bool) { writer = ShardIndexWriter(hasHashes: hasHashes) }
}
