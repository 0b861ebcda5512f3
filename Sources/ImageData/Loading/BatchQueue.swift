import Foundation

/// The state that a loader's threads share: which rows are to be read next, and which batches are
/// done. Everything here happens under one lock, once for a run of rows.
final class BatchQueue: @unchecked Sendable {
  /// Consecutive rows of one batch, for one worker.
  struct Task {
    let batch: Int
    let rows: Range<Int>
    let buffer: UnsafeMutableRawBufferPointer
  }

  /// A batch whose rows are all there.
  struct Finished {
    let batch: Int
    let rows: [SampleRow]
    let buffer: UnsafeMutableRawBufferPointer
  }

  private final class Slot {
    let buffer: UnsafeMutableRawBufferPointer
    var rows: [SampleRow?]
    var missing: Int
    /// The failure of the first row that has one, whichever worker was first.
    var failure: (row: Int, error: any Error)?

    init(buffer: UnsafeMutableRawBufferPointer, count: Int) {
      self.buffer = buffer
      rows = Array(repeating: nil, count: count)
      missing = count
    }
  }

  let pool: BufferPool
  private let condition = NSCondition()
  private let batchCount: Int
  private let rowCount: @Sendable (Int) -> Int
  private let rowsAtOnce: Int
  private let depth: Int
  private var slots: [Int: Slot] = [:]
  private var claimedBatch = 0
  private var claimedRows = 0
  private var consumed = 0
  private var isStopped = false
  private var failure: (any Error)?

  /// - Parameters:
  ///   - batchCount: How many batches there are.
  ///   - rowCount: How many rows a batch has.
  ///   - rowsAtOnce: How many rows a worker takes at a time.
  ///   - depth: How many batches may be under way or waiting.
  ///   - pool: Where the batches' bytes are from.
  init(
    batchCount: Int, rowCount: @escaping @Sendable (Int) -> Int, rowsAtOnce: Int, depth: Int,
    pool: BufferPool
  ) {
    self.batchCount = batchCount
    self.rowCount = rowCount
    self.rowsAtOnce = rowsAtOnce
    self.depth = depth
    self.pool = pool
  }

  /// The next rows to read; waits while the queue is full, nil when there is nothing left to do.
  func claim() -> Task? {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped, claimedBatch < batchCount, claimedBatch >= consumed + depth {
      condition.wait()
    }
    guard !isStopped, claimedBatch < batchCount else { return nil }
    let count = rowCount(claimedBatch)
    guard let slot = slots[claimedBatch] ?? pool.take().map({ Slot(buffer: $0, count: count) })
    else {
      failure = ImageDataError.resources(
        key: "(batch \(claimedBatch))", reason: "no memory for its pixels; load smaller batches")
      condition.broadcast()
      return nil
    }
    slots[claimedBatch] = slot
    let rows = claimedRows..<min(claimedRows + rowsAtOnce, count)
    defer {
      claimedRows = rows.upperBound
      if claimedRows == count {
        claimedBatch += 1
        claimedRows = 0
      }
    }
    return Task(batch: claimedBatch, rows: rows, buffer: slot.buffer)
  }

  /// Hands in the rows of `task`, or what went wrong with them.
  func finish(_ task: Task, _ result: Result<[SampleRow], any Error>) {
    condition.lock()
    defer { condition.unlock() }
    guard let slot = slots[task.batch] else { return }
    switch result {
    case .success(let rows):
      for (row, value) in zip(task.rows, rows) { slot.rows[row] = value }
    case .failure(let error):
      let row = task.rows.lowerBound
      if row < slot.failure?.row ?? .max { slot.failure = (row, error) }
    }
    slot.missing -= task.rows.count
    if slot.missing == 0 { condition.broadcast() }
  }

  /// The next batch in order; waits for it, nil at the end and after `stop()`.
  /// - Throws: What went wrong with one of its rows.
  func next() throws -> Finished? {
    condition.lock()
    defer { condition.unlock() }
    guard consumed < batchCount else { return nil }
    while !isStopped, failure == nil, slots[consumed]?.missing != 0 { condition.wait() }
    if let failure { throw failure }
    guard !isStopped, let slot = slots.removeValue(forKey: consumed) else { return nil }
    if let failure = slot.failure {
      pool.giveBack(slot.buffer)
      throw failure.error
    }
    defer {
      consumed += 1
      condition.broadcast()
    }
    return Finished(batch: consumed, rows: slot.rows.compactMap { $0 }, buffer: slot.buffer)
  }

  /// Lets every waiting thread go.
  func stop() {
    condition.lock()
    isStopped = true
    condition.broadcast()
    condition.unlock()
  }

  /// Takes the buffers of batches that nobody will fetch; only after all workers have ended.
  func clear() {
    condition.lock()
    defer { condition.unlock() }
    for slot in slots.values { pool.giveBack(slot.buffer) }
    slots = [:]
  }
}
