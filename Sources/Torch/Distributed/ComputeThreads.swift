import Foundation
import Synchronization

/// Threads that compute at the same time, each with a libtorch pool of its own.
///
/// Where operations are too small to be shared by the threads of one pool, several threads with a work each
/// are faster.
public final class ComputeThreads {
  /// How many there are; one is the caller itself.
  public let count: Int
  private let mailboxes: [Mailbox]

  /// Starts `count` threads, whose pools have `poolSize` threads each.
  /// - Throws: `TorchError` for a count below 1, or where libtorch cannot be told.
  public init(count: Int, poolSize: Int = 1) throws {
    guard count > 0 else {
      throw TorchError("threads", message: "\(count) threads compute nothing")
    }
    self.count = count
    mailboxes = (0..<(count > 1 ? count : 0)).map { _ in Mailbox() }
    guard count > 1 else { return }
    let threadsOfCaller = Libtorch.threads
    for (number, mailbox) in mailboxes.enumerated() {
      let thread = Thread {
        try? "compute \(number)".write(
          toFile: "/proc/thread-self/comm", atomically: false, encoding: .utf8)
        mailbox.serve()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    // A pool is its thread's own, but the number that a thread begins with, when it first asks for it, is
    // the process's.
    try perform { _ in
      _ = Libtorch.threads
      try Libtorch.setThreads(poolSize)
    }
    try Libtorch.setThreads(threadsOfCaller)
  }

  deinit { for mailbox in mailboxes { mailbox.post(nil) } }

  /// Calls `body` with each of `0..<count`, on a thread each, and waits for all. What `body` uses must be
  /// its number's own, or only read.
  /// - Throws: The error of the lowest number, of those that threw one.
  public func perform(_ body: (Int) throws -> Void) throws {
    guard count > 1 else { return try body(0) }
    try withoutActuallyEscaping(body) { body in
      for (number, mailbox) in mailboxes.enumerated() {
        mailbox.post(Work { try body(number) })
      }
      let results = mailboxes.map { $0.result() }
      for result in results { try result.get() }
    }
  }
}

/// What a thread is to do; it crosses to that thread and no other uses it meanwhile.
private struct Work: @unchecked Sendable {
  let body: () throws -> Void
  init(_ body: @escaping () throws -> Void) { self.body = body }
}

/// Hands one work after another to a thread, and its end back.
private final class Mailbox: @unchecked Sendable {
  private let condition = NSCondition()
  private var work: Work??
  private var end: Result<Void, any Error>?

  /// Hands over the next work, or nil, which ends the thread.
  func post(_ work: Work?) {
    condition.lock()
    self.work = .some(work)
    condition.broadcast()
    condition.unlock()
  }

  /// Waits for the end of the work that was posted last.
  func result() -> Result<Void, any Error> {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if let end {
        self.end = nil
        return end
      }
      condition.wait()
    }
  }

  /// Does what is posted until there is nothing more.
  func serve() {
    while let end = doNext() {
      condition.lock()
      self.end = end
      condition.broadcast()
      condition.unlock()
    }
  }

  /// Does what is posted and lets go of it, before anybody hears of its end; nil where there is nothing more.
  private func doNext() -> Result<Void, any Error>? {
    guard let work = next() else { return nil }
    return Result { try work.body() }
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
