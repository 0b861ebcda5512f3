import Files
import Synchronization

/// Reads the blocks of a request's score files on several threads, a share of them at a time.
///
/// Every thread takes whole files, or parts of large ones, and stays with one until its blocks are
/// read, also over a pause. When all shares are read, `requireIntact()` says whether every file is the
/// one in its record.
final class ScoreBlockReader: Sendable {
  /// Reads one block after another.
  typealias Body = (_ block: ScoreBlock, _ place: Int) throws -> Void

  private let request: SelectionRequest
  private let parts: [ScoreFilePart]
  /// The number of the first block of each shard, about.
  private let firstBlocks: [UInt64]
  /// What each file's blocks sum up to (`ScoreFileLayout.checksum`), as far as they were read.
  private let checksums: Mutex<[UInt64]>

  /// Into how many shares the blocks are divided.
  static let shareCount = 64

  init(_ request: SelectionRequest) {
    self.request = request
    parts = request.shards.indices.flatMap { place in
      let count = max(1, request.shards[place].record.count >> 18)
      return (0..<count).map { ScoreFilePart(place: place, number: $0, count: count) }
    }
    var firstBlocks: [UInt64] = []
    var next: UInt64 = 0
    for shard in request.shards {
      firstBlocks.append(next)
      next += UInt64(shard.record.count >> 12) + 1
    }
    self.firstBlocks = firstBlocks
    checksums = Mutex(Array(repeating: 0, count: request.shards.count))
  }

  /// How many threads have something to read.
  var threadCount: Int { max(1, min(request.threads, parts.count)) }

  /// A pass over the blocks of some shares, which are drawn at random.
  func pass(over shares: Range<Int>) -> Pass { Pass(self, shares) }

  /// Lets several threads fold every block into a value of their own.
  /// - Returns: The values.
  /// - Throws: What reading throws, and `requireIntact()`.
  func reduce<Value: Sendable>(
    into initial: Value, _ fold: @Sendable (inout Value, ScoreBlock) -> Void
  ) throws -> [Value] {
    let pass = pass(over: 0..<Self.shareCount)
    let values = try Threads.results(threadCount) { thread in
      var value = initial
      try pass.read(on: thread) { block, _ in fold(&value, block) }
      return value
    }
    try requireIntact()
    return values
  }

  /// Compares every file with its record.
  /// - Throws: `RankingError` naming a file that is not the one in its record.
  func requireIntact() throws {
    let sums = checksums.withLock { $0 }
    for (shard, sum) in zip(request.shards, sums) { try shard.requireChecksum(sum) }
  }

  /// One reading of the blocks of some shares by several threads.
  final class Pass: Sendable {
    private let reader: ScoreBlockReader
    private let shares: Range<Int>
    private let queue: PartQueue
    /// Where each thread is, kept over a pause.
    private let cursors: [Cursor]

    /// The blocks that a thread has before it; one thread at a time uses it.
    private final class Cursor: @unchecked Sendable {
      var stream: ScoreFileStream?
      var place = -1
      var blocks = 0..<0
    }

    fileprivate init(_ reader: ScoreBlockReader, _ shares: Range<Int>) {
      self.reader = reader
      self.shares = shares
      queue = PartQueue(count: reader.parts.count)
      cursors = (0..<reader.threadCount).map { _ in Cursor() }
    }

    /// Whether all blocks were read.
    var isFinished: Bool { queue.isEmpty && cursors.allSatisfy(\.blocks.isEmpty) }

    /// Lets all threads return after the block they are at; they go on at the next `resume()`.
    func pause() { queue.pause() }

    /// Lets the threads read on.
    func resume() { queue.resume() }

    /// Calls `body` with the blocks that this thread reads, until there are none left or a thread
    /// pauses all.
    /// - Throws: What opening and reading the files throws, and what `body` throws.
    func read(on thread: Int, _ body: Body) throws {
      let cursor = cursors[thread]
      do {
        while !queue.isPaused {
          guard let index = cursor.blocks.popFirst() else {
            guard let part = queue.next() else { return }
            try open(reader.parts[part], cursor)
            continue
          }
          guard let stream = cursor.stream, holds(block: index, of: cursor.place) else { continue }
          try body(try reader.block(index, of: stream, cursor.place), cursor.place)
        }
      } catch {
        queue.stop()
        throw error
      }
    }

    private func open(_ part: ScoreFilePart, _ cursor: Cursor) throws {
      if cursor.place != part.place {
        cursor.stream = try reader.request.shards[part.place].open()
        cursor.place = part.place
      }
      cursor.blocks = cursor.stream.map { part.blocks(of: $0.layout) } ?? 0..<0
    }

    private func holds(block index: Int, of place: Int) -> Bool {
      guard shares != 0..<ScoreBlockReader.shareCount else { return true }
      let draw = SplitMix64.finalized(reader.firstBlocks[place] + UInt64(index))
      return shares.contains(Int(draw % UInt64(ScoreBlockReader.shareCount)))
    }
  }

  private func block(_ index: Int, of stream: ScoreFileStream, _ place: Int) throws -> ScoreBlock {
    let block = try stream.block(index)
    checksums.withLock { $0[place] &+= block.checksum }
    if let disturbance = request.disturbance {
      disturbance(
        request.shards[place].index, stream.keyHashes(of: block), stream.scores(of: block))
    }
    return block
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
