import Foundation

/// A few open things out of many, those that were used last; any thread may ask.
///
/// What is dropped here goes on living as long as somebody uses it.
/// - Complexity: O(1) where it is there; dropping looks at all, but drops an eighth at once.
final class RecentlyUsed<Value: AnyObject & Sendable>: @unchecked Sendable {
  private let lock = NSLock()
  private let most: Int
  private var clock: UInt64 = 0
  private var entries: [Int: (value: Value, used: UInt64)] = [:]

  /// Keeps at most `most` things.
  init(most: Int) { self.most = max(1, most) }

  /// How many things are open here.
  var count: Int { lock.withLock { entries.count } }

  /// The thing of this number, opened where it is not open.
  /// - Throws: What `make` throws; then nothing is kept.
  func value(_ number: Int, make: () throws -> Value) rethrows -> Value {
    lock.lock()
    defer { lock.unlock() }
    clock += 1
    if let entry = entries[number] {
      entries[number]?.used = clock
      return entry.value
    }
    if entries.count >= most { dropSome() }
    let value = try make()
    entries[number] = (value, clock)
    return value
  }

  private func dropSome() {
    let count = max(1, most / 8)
    let oldest = entries.sorted { $0.value.used < $1.value.used }.prefix(count)
    for entry in oldest { entries[entry.key] = nil }
  }
}
