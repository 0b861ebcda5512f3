import Files

/// One thread's share of reading score files: whole files, or parts of large ones.
final class ScoreBlockReader {
  private let request: SelectionRequest
  private let parts: [ScoreFilePart]
  private let queue: PartQueue
  private var file: (place: Int, stream: ScoreFileStream)?

  fileprivate init(_ request: SelectionRequest, parts: [ScoreFilePart], queue: PartQueue) {
    self.request = request
    self.parts = parts
    self.queue = queue
  }

  /// Calls `body` with every block that this thread reads and the index of its shard.
  /// - Throws: What opening and reading the files throws, and what `body` throws.
  func forEachBlock(_ body: (ScoreBlock, UInt32) throws -> Void) throws {
    do {
      while let number = queue.next() {
        let part = parts[number]
        let shard = request.shards[part.place]
        let stream = try open(part)
        for index in part.blocks(of: stream.layout) {
          let block = try stream.block(index)
          request.disturbance?(shard.index, stream.keyHashes(of: block), stream.scores(of: block))
          try body(block, UInt32(shard.index))
        }
      }
    } catch {
      queue.stop()
      throw error
    }
  }

  private func open(_ part: ScoreFilePart) throws -> ScoreFileStream {
    if let file, file.place == part.place { return file.stream }
    let stream = try request.shards[part.place].open(
      verifyingFile: request.verifiesFiles && part.number == 0)
    file = (part.place, stream)
    return stream
  }
}

/// Some neighbouring blocks of a score file.
private struct ScoreFilePart {
  /// Which shard of the request.
  var place: Int
  /// Which part of how many.
  var number: Int
  var count: Int

  func blocks(of layout: ScoreFileLayout) -> Range<Int> {
    (layout.blockCount * number / count)..<(layout.blockCount * (number + 1) / count)
  }
}

extension SelectionRequest {
  /// What `body` returns on each of several threads that share the blocks of all shards.
  /// - Throws: The error of the first thread that threw one.
  func readBlocks<Value: Sendable>(
    _ body: @Sendable (ScoreBlockReader) throws -> Value
  ) throws -> [Value] {
    let parts = shards.indices.flatMap { place in
      let count = max(1, shards[place].record.count >> 18)
      return (0..<count).map { ScoreFilePart(place: place, number: $0, count: count) }
    }
    let queue = PartQueue(count: parts.count)
    return try Threads.results(max(1, min(threads, parts.count))) { _ in
      try body(ScoreBlockReader(self, parts: parts, queue: queue))
    }
  }

  /// Reads and verifies every block and selects nothing: the roof of a selection.
  /// - Returns: The number of samples.
  /// - Throws: What reading throws.
  @_spi(Benchmarks) public func readOnly() throws -> Int {
    try readBlocks { reader in
      var samples = 0
      try reader.forEachBlock { block, _ in samples += block.count }
      return samples
    }.reduce(0, +)
  }
}
