import Dispatch
import Foundation

/// Parts of a work that several threads take one after another.
enum Parts {
  /// How many threads there are to use.
  static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// What `body` returns for each of `0..<count`.
  /// - Throws: The error of the lowest part, of those that threw one.
  static func results<Value: Sendable>(
    _ count: Int, threads: Int? = nil, _ body: @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    let threads = max(1, min(count, threads ?? cores))
    guard threads > 1 else { return try (0..<count).map(body) }
    let results = Results<Value>(count: count)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      while let part = results.next() { results.set(part, Result { try body(part) }) }
    }
    return try results.all.compactMap { try $0?.get() }
  }

  /// What several threads leave behind.
  private final class Results<Value>: @unchecked Sendable {
    private let lock = NSLock()
    private var taken = 0
    private(set) var all: [Result<Value, any Error>?]

    init(count: Int) { all = Array(repeating: nil, count: count) }

    /// The next part, each once, whichever thread asks.
    func next() -> Int? {
      lock.withLock {
        guard taken < all.count else { return nil }
        taken += 1
        return taken - 1
      }
    }

    func set(_ part: Int, _ result: Result<Value, any Error>) {
      lock.withLock { all[part] = result }
    }
  }
}
