import Copies
import Files
import Foundation
import ImageData

extension ShardIndexing {
  /// A picture that is a file of its own.
  private struct ImageFile {
    let number: Int
    let path: [UInt8]
    let length: Int
    let metadata: SampleMetadata
  }

  /// The index of pictures that are files of their own. Hashes that `known`, an earlier index of them,
  /// has are kept where no key, length or time has changed.
  func ofImages(
    _ shard: IndexPlan.Shard, _ origin: UInt64, _ known: ShardIndex?
  ) throws -> [UInt8] {
    var problems: [(key: [UInt8], reason: String)] = []
    let (files, state) = imageFiles(of: shard, &problems)
    var kept: ShardIndex?
    if let known, known.hasHashes, known.source == state, known.count == files.count,
      (try? known.verify()) != nil
    {
      kept = known
    }
    let hasHashes = options.hashesContents || kept != nil
    var writer = ShardIndexWriter(hasHashes: hasHashes)
    for problem in problems { writer.note(key: problem.key, reason: problem.reason) }
    for (position, file) in files.enumerated() {
      var hash = try kept?.hash(at: position)
      var size = try kept?.size(at: position)
      if hash == nil, options.hashesContents {
        let data = try? readImage(file.path, key: plan.pictures[file.number])
        hash = data.map { ContentHash(of: $0) }
        size = data.flatMap { ImageSize(of: $0) }
      }
      try writer.append(
        key: plan.pictures.bytes(at: file.number), offset: 0, length: file.length,
        metadata: file.metadata, hash: hash, size: size)
    }
    return try writer.encoded(
      isReadInOrder: false, source: hasHashes ? state : SourceState(), origin: origin)
  }

  /// The files to be listed, and a hash of their keys, lengths and times of change.
  private func imageFiles(
    of shard: IndexPlan.Shard, _ problems: inout [(key: [UInt8], reason: String)]
  ) -> ([ImageFile], SourceState) {
    var files: [ImageFile] = []
    var stamps = ByteColumn()
    for number in shard.range {
      let key = plan.pictures.bytes(at: number)
      let metadata = plan.metadata(at: number)
      if let required = options.requiredTags, !required.matches(metadata.tags) { continue }
      let path =
        key.first == UInt8(ascii: "/")
        ? Array(key) : PathText.bytes(of: shard.location.text + "/") + key
      var status = stat()
      guard stat(path.map { CChar(bitPattern: $0) } + [0], &status) == 0 else {
        problems.append((Array(key), String(cString: strerror(errno))))
        continue
      }
      let length = Int(status.st_size)
      guard status.st_mode & S_IFMT == S_IFREG, length <= WebDatasetSamples.mostImageBytes else {
        let isFile = status.st_mode & S_IFMT == S_IFREG
        let reason = isFile ? "\(length) bytes are more than a picture has" : "not a regular file"
        problems.append((Array(key), reason))
        continue
      }
      let file = SourceState(status)
      stamps.append(UInt64(key.count))
      for byte in key { stamps.append(byte) }
      stamps.append(Int64(file.size))
      stamps.append(Int64(file.changed))
      files.append(ImageFile(number: number, path: path, length: length, metadata: metadata))
    }
    var state = SourceState()
    state.changed = Int(stamps.bytes.withUnsafeBytes { XXHash64.hash($0) } >> 1) | 1
    return (files, state)
  }
}
