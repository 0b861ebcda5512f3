import Dispatch
import Foundation
import Synchronization

/// Parts of a work that several threads take one after another.
package enum Threads {
  /// Calls `body` once with each of `0..<parts`, on up to `threads` threads.
  package static func perform(_ threads: Int, parts: Int, _ body: @Sendable (Int) -> Void) {
    guard threads > 1, parts > 1 else { return (0..<parts).forEach(body) }
    let queue = PartQueue(count: parts)
    DispatchQueue.concurrentPerform(iterations: min(threads, parts)) { _ in
      while let part = queue.next() { body(part) }
    }
  }

  /// What `body` returns for each of `0..<threads`, as many at a time as there are cores.
  /// - Throws: The error of the lowest number, of those that threw one.
  package static func results<Value: Sendable>(
    _ threads: Int, _ body: @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    let results = Mutex<[Int: Result<Value, any Error>]>([:])
    DispatchQueue.concurrentPerform(iterations: max(threads, 1)) { number in
      let result = Result { try body(number) }
      results.withLock { $0[number] = result }
    }
    return try results.withLock { $0 }.sorted { $0.key < $1.key }.map { try $0.value.get() }
  }
}

extension Threads {
  /// What `body` returns for each of `0..<parts`, which several threads take one after another.
  /// - Throws: The error of the lowest part, of those that threw one.
  package static func results<Value: Sendable>(
    parts: Int, threads: Int? = nil, _ body: @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    let threads = max(1, min(parts, threads ?? cores))
    guard threads > 1 else { return try (0..<parts).map(body) }
    let results = Mutex<[Result<Value, any Error>?]>(Array(repeating: nil, count: parts))
    perform(threads, parts: parts) { part in
      let result = Result { try body(part) }
      results.withLock { $0[part] = result }
    }
    return try results.withLock { $0 }.compactMap { try $0?.get() }
  }
}

/// The numbers of parts of a work, each handed out once.
package final class PartQueue: Sendable {
  private let count: Int
  private let taken = Atomic(0)
  private let paused = Atomic(false)

  package init(count: Int) { self.count = count }

  /// The next part, nil when there is none left or the queue is paused.
  package func next() -> Int? {
    guard !isPaused else { return nil }
    let part = taken.add(1, ordering: .relaxed).oldValue
    return part < count ? part : nil
  }

  /// Whether every part was handed out.
  package var isEmpty: Bool { taken.load(ordering: .relaxed) >= count }

  /// Whether nothing is handed out until `resume()`.
  package var isPaused: Bool { paused.load(ordering: .relaxed) }

  /// Hands nothing out until `resume()`.
  package func pause() { paused.store(true, ordering: .relaxed) }

  /// Goes on after `pause()`.
  package func resume() { paused.store(false, ordering: .relaxed) }

  /// Hands nothing out any more.
  package func stop() { taken.store(count, ordering: .relaxed) }
}
