import Dispatch
import Foundation
import Synchronization

/// Members of a group that wait for each other: a thread each, since Dispatch begins no more at once than there are
/// cores.
public enum Members {
  /// What `body` returns for each of `0..<size`, in this order, once all have ended.
  /// - Throws: The error of the first that threw one.
  public static func results<Value: Sendable>(
    _ size: Int, _ body: @escaping @Sendable (Int) throws -> Value
  ) throws -> [Value] {
    let results = Mutex([Int: Result<Value, any Error>]())
    let done = DispatchSemaphore(value: 0)
    for rank in 0..<size {
      let thread = Thread {
        let result = Result { try body(rank) }
        results.withLock { $0[rank] = result }
        done.signal()
      }
      thread.stackSize = 8 << 20
      thread.start()
    }
    for _ in 0..<size { done.wait() }
    return try results.withLock { found in try (0..<size).compactMap { try found[$0]?.get() } }
  }
}
