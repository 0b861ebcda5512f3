import Files
import Foundation
import Synchronization

/// Threads that compute at the same time, each with a libtorch pool of its own.
///
/// Where operations are too small to be shared by the threads of one pool, several threads with a work each
/// are faster.
public final class ComputeThreads {
  /// How many there are; the caller is one of them.
  public let count: Int
  /// How many threads the pool of each has while it computes.
  public let poolSize: Int
  /// Those beside the caller.
  private let mailboxes: [Mailbox]

  /// Starts `count` threads, the caller counted, whose pools have `poolSize` threads each.
  /// - Throws: `TorchError` for a count below 1, or where libtorch cannot be told.
  public init(count: Int, poolSize: Int = 1) throws {
    guard count > 0 else {
      throw TorchError("threads", message: "\(count) threads compute nothing")
    }
    self.count = count
    self.poolSize = poolSize
    mailboxes = (1..<count).map { _ in Mailbox() }
    guard count > 1 else { return }
    let threadsOfCaller = Libtorch.threads
    for (number, mailbox) in mailboxes.enumerated() {
      let thread = Thread {
        try? "compute \(number + 1)".write(
          toFile: "/proc/thread-self/comm", atomically: false, encoding: .utf8)
        mailbox.serve()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    // A pool is its thread's own, but the number that a thread begins with, when it first asks for it, is
    // the process's.
    let failures = PartFailures()
    run(mailboxes[...]) {
      _ = Libtorch.threads
      failures.note(0) { try Libtorch.setThreads(poolSize) }
    }
    try Libtorch.setThreads(threadsOfCaller)
    try failures.throwFirst()
  }

  deinit { for mailbox in mailboxes { mailbox.post(nil) } }

  /// Calls `body` with each of `0..<parts`, which so many of the threads (all by default) take one after the
  /// other, and waits for all. What `body` uses must be its part's own, or only read.
  /// - Throws: The error of the lowest part, of those that threw one.
  public func perform(
    parts: Int, on threads: Int? = nil, _ body: (Int) throws -> Void
  ) throws {
    let queue = PartQueue(count: parts)
    let failures = PartFailures()
    let others = max(1, min(threads ?? count, parts)) - 1
    try Libtorch.withThreads(poolSize) {
      run(mailboxes.prefix(others), alsoHere: true) {
        while let part = queue.next() { failures.note(part) { try body(part) } }
      }
    }
    try failures.throwFirst()
  }

  /// Does the same work on each thread, and waits for all.
  private func run(
    _ mailboxes: ArraySlice<Mailbox>, alsoHere: Bool = false, _ work: () -> Void
  ) {
    withoutActuallyEscaping(work) { work in
      for mailbox in mailboxes { mailbox.post(Work(work)) }
      if alsoHere { work() }
      for mailbox in mailboxes { mailbox.wait() }
    }
  }
}

/// What went wrong in the parts of a work.
private final class PartFailures: Sendable {
  private let failures = Mutex<[Int: any Error]>([:])

  /// Does the work of a part.
  func note(_ part: Int, _ body: () throws -> Void) {
    do { try body() } catch { failures.withLock { $0[part] = error } }
  }

  /// Throws the error of the lowest part, of those that threw one.
  func throwFirst() throws {
    let first = failures.withLock { $0.min { $0.key < $1.key } }
    if let first { throw first.value }
  }
}

/// What a thread is to do; it crosses to that thread and no other uses it meanwhile.
private struct Work: @unchecked Sendable {
  let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
}

/// Hands one work after another to a thread, and says when it is done.
private final class Mailbox: @unchecked Sendable {
  private let condition = NSCondition()
  private var work: Work??
  private var isDone = false

  /// Hands over the next work, or nil, which ends the thread.
  func post(_ work: Work?) {
    condition.lock()
    self.work = .some(work)
    condition.broadcast()
    condition.unlock()
  }

  /// Waits for the end of the work that was posted last.
  func wait() {
    condition.lock()
    defer { condition.unlock() }
    while !isDone { condition.wait() }
    isDone = false
  }

  /// Does what is posted until there is nothing more.
  func serve() {
    while doNext() {
      condition.lock()
      isDone = true
      condition.broadcast()
      condition.unlock()
    }
  }

  /// Does what is posted and lets go of it, before anybody hears of its end; false where there is nothing
  /// more.
  private func doNext() -> Bool {
    guard let work = next() else { return false }
    work.body()
    return true
  }

  private func next() -> Work? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let work {
        self.work = .none
        return work
      }
      condition.wait()
    }
  }
}
