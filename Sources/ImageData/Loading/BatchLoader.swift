import Foundation

/// Reads, decodes and augments samples on threads of its own and hands them out in order.
///
/// ```swift
/// let order = ShuffledOrder(count: dataset.count, seed: 1)
/// let loader = try BatchLoader(
///   dataset: dataset, order: order, positions: 0..<dataset.count, batchSize: 256,
///   preset: .train(TrainPreset(size: 224)), seed: 1, workers: 8)
/// while let batch = try loader.next() { … }
/// ```
/// A row is a function of (data set, order, preset, mixing, seed, position): any number of workers and any
/// first position give the same bytes. Workers take runs of rows of the first batch that still has
/// some, so that they finish one batch together rather than one each: the first batch comes early,
/// a giant picture holds up one worker only, and at most `queueDepth` batches are in memory besides
/// those that the consumer holds.
public final class BatchLoader {
  /// The unreadable samples met so far.
  public let badSamples: BadSamples
  /// The pictures met so far that lack their file's end.
  public private(set) var withoutEnd = ImagesWithoutEnd()
  private let dataset: any ImageDataset
  private let queue: BatchQueue
  private let positions: Range<Int>
  private let batchSize: Int
  private let share: Share
  private let preset: Preset
  private let mixing: PairMixing?
  private let seed: UInt64
  private let notesContents: Bool
  private let isCopying: Bool
  private let running = DispatchGroup()
  private var failure: (any Error)?

  /// Starts the threads.
  /// - Parameters:
  ///   - dataset: Where the pictures are.
  ///   - order: Which sample stands at which position.
  ///   - positions: The positions to load; to resume, begin where the last run ended.
  ///   - batchSize: Pictures a batch; the last one may be shorter.
  ///   - preset: What happens to the pictures.
  ///   - mixing: How each two neighbours of a batch are mixed, if at all.
  ///   - seed: What augmentation, mixing and substitution draw from.
  ///   - workers: How many threads.
  ///   - queueDepth: How many batches may be under way or waiting.
  ///   - hashContent: Whether batches carry content hashes.
  ///   - notesContents: Whether batches say what their pictures are, for finding copies; only with
  ///     an evaluation preset, which decodes whole pictures.
  ///   - copying: What batches carry copies of their pictures for, if anything: a cache of this format,
  ///     whose channels are the preset's; only with an evaluation preset.
  ///   - onUnreadable: What to do about a picture that cannot be read.
  ///   - maxPixels: Pictures of more pixels count as unreadable.
  ///   - badSamples: Where unreadable samples are noted; by default a collector of its own.
  ///   - yieldsCores: Whether the threads run at the lowest priority, on cores that are idle: for a
  ///     consumer that computes on the same cores. Its threads wait for one another, so delaying one
  ///     delays all; loading fills the gaps, and has every core when the consumer waits for it.
  ///   - share: Which of the batches to load: all, or those of one of several processes.
  /// - Throws: `ImageDataError.argument` when something here cannot be.
  public init(
    dataset: any ImageDataset, order: any SampleOrder, positions: Range<Int>, batchSize: Int,
    preset: Preset, mixing: PairMixing? = nil, seed: UInt64, workers: Int, queueDepth: Int = 4,
    hashContent: Bool = false,
    notesContents: Bool = false, copying: CacheFormat? = nil,
    onUnreadable: UnreadablePolicy = .substitute,
    maxPixels: Int = ImageDecoder.defaultMaxPixels, badSamples: BadSamples? = nil,
    yieldsCores: Bool = false, only share: Share = Share()
  ) throws {
    try preset.validate()
    try mixing?.validate()
    let most = 1 << 24  // beyond any use, and far from where sizes in bytes would overflow
    guard 1...most ~= batchSize, 1...most ~= workers, 1...most ~= queueDepth,
      positions.lowerBound >= 0, positions.upperBound <= .max - most
    else {
      throw ImageDataError.argument(
        "cannot load batches of \(batchSize) from position \(positions.lowerBound) with "
          + "\(workers) workers and a queue of \(queueDepth)")
    }
    if notesContents, case .train = preset {
      throw ImageDataError.argument(
        "the contents of pictures cannot be noted while parts of them are drawn for training; "
          + "load them with an evaluation preset")
    }
    if let copying {
      guard case .evaluation = preset, copying.channels == preset.channels, copying.size > 0 else {
        throw ImageDataError.argument(
          "copies (\(copying.words)) are made of whole pictures of as many channels; load them with an "
            + "evaluation preset of \(copying.channels)")
      }
    }
    guard dataset.count > 0 || positions.isEmpty else {
      throw ImageDataError.argument("\(dataset.name) has no samples")
    }
    self.badSamples = badSamples ?? BadSamples(of: dataset)
    self.dataset = dataset
    self.positions = positions
    self.batchSize = batchSize
    self.share = share
    self.preset = preset
    self.mixing = mixing
    self.seed = seed
    self.notesContents = notesContents
    isCopying = copying != nil
    let rowBytes = preset.size * preset.size * preset.channels
    let pool = BufferPool(byteCount: batchSize * rowBytes, most: queueDepth + 2)
    let queue = BatchQueue(
      batchCount: share.count(of: (positions.count + batchSize - 1) / batchSize),
      rowCount: { min(batchSize, positions.count - share.batch($0) * batchSize) },
      rowsAtOnce: max(1, batchSize / (4 * workers)), depth: queueDepth, pool: pool)
    self.queue = queue
    let readers = try (0..<workers).map { _ in
      Handover(
        try SampleReader(
          dataset: dataset, order: order, preset: preset, seed: seed, hashContent: hashContent,
          notesContents: notesContents, copying: copying, policy: onUnreadable,
          maxPixels: maxPixels))
    }
    for (worker, reader) in readers.enumerated() {
      let running = running
      running.enter()
      let thread = Thread {
        // For top and debuggers; `Thread.name` misses a thread that is just starting.
        try? "loader \(worker)".write(
          toFile: "/proc/thread-self/comm", atomically: false, encoding: .utf8)
        // On Linux a thread has a priority of its own. Where it cannot be had, loading goes on.
        if yieldsCores { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19) }
        Self.work(
          reader.value, queue: queue, positions: positions, batchSize: batchSize, share)
        running.leave()
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
  }

  deinit { stop() }

  /// The next batch in order, or nil at the end.
  /// - Throws: A worker's failure, or `ImageDataError.tooManyUnreadable`; then every later call
  ///   throws it again.
  public func next() throws -> ImageBatch? {
    if let failure { throw failure }
    do {
      guard let finished = try queue.next() else { return nil }
      let start = positions.lowerBound + share.batch(finished.batch) * batchSize
      let mixed =
        mixing?.apply(
          to: finished.buffer, count: finished.rows.count, size: preset.size,
          channels: preset.channels, position: start, seed: seed) ?? []
      let batch = ImageBatch(
        buffer: finished.buffer, pool: queue.pool, rows: finished.rows, mixed: mixed,
        notesContents: notesContents, isCopying: isCopying, size: preset.size,
        channels: preset.channels,
        positions: start..<start + finished.rows.count)
      try note(finished.rows)
      return batch
    } catch {
      failure = error
      stop()
      throw error
    }
  }

  /// Ends the threads and waits for them; `next()` returns nil from then on.
  public func stop() {
    queue.stop()
    running.wait()
    queue.clear()
  }

  /// Failures are noted here, in the order of the run, so that limits do not depend on timing.
  private func note(_ rows: [SampleRow]) throws {
    for row in rows {
      for failure in row.failures {
        try badSamples.recordBad(
          index: failure.index, key: failure.key, reason: failure.reason)
      }
      if row.isReadable { badSamples.recordGood() }
      if row.lacksEnd { withoutEnd.add(index: row.index, key: dataset.key(at: row.index)) }
    }
  }

  private static func work(
    _ reader: SampleReader, queue: BatchQueue, positions: Range<Int>, batchSize: Int,
    _ share: Share
  ) {
    let preset = reader.preset
    let rowBytes = preset.size * preset.size * preset.channels
    while let task = queue.claim() {
      let first = positions.lowerBound + share.batch(task.batch) * batchSize
      let result = Result {
        try task.rows.map { row in
          let out = UnsafeMutableRawBufferPointer(
            rebasing: task.buffer[row * rowBytes..<(row + 1) * rowBytes])
          return try reader.read(position: first + row, into: out)
        }
      }
      queue.finish(task, result)
    }
  }
}

extension BatchLoader {
  /// Of every so many batches in a row, which ones are loaded.
  public struct Share: Sendable {
    private let every: Int
    private let taken: [Int]

    /// All of them.
    public init() { (every, taken) = (1, [0]) }

    /// Of every `every` batches those of the numbers `taken`, ascending from 0.
    public init(of every: Int, taking taken: [Int]) {
      self.every = max(1, every)
      self.taken = taken
    }

    /// How many of the first `all` batches.
    func count(of all: Int) -> Int {
      all / every * taken.count + taken.count { $0 < all % every }
    }

    /// The number, among all, of the batch that is loaded as the `place`th.
    func batch(_ place: Int) -> Int {
      place / taken.count * every + taken[place % taken.count]
    }
  }
}

/// Something made on one thread for the use of exactly one other.
private struct Handover<Value>: @unchecked Sendable {
  let value: Value
  init(_ value: Value) { self.value = value }
}
