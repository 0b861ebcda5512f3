import Foundation

/// A lock whose waiters are woken, or wake by themselves after so many seconds.
///
/// On Linux `NSCondition` and `DispatchSemaphore` wait until a date: where the date is set back they wait as much
/// longer, and where it is set forward they do not wait at all. This one goes by the clock of `Stopwatch`.
package final class SteadyCondition: @unchecked Sendable {
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  /// One that nobody holds.
  package init() {
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// What `body` gives, which no other thread does meanwhile.
  package func withLock<Result>(_ body: () throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body()
  }

  /// Wakes all that wait, to look again.
  package func broadcast() { pthread_cond_broadcast(condition) }

  /// Waits, inside of `withLock`, until `isMet` or for so many seconds at most.
  /// - Returns: Whether it is met.
  package func wait(atMost seconds: Double, until isMet: () -> Bool) -> Bool {
    var end = timespec()
    clock_gettime(CLOCK_MONOTONIC, &end)
    let nanoseconds = end.tv_nsec + Int(1e9 * max(0, min(seconds, 1e9)))
    end.tv_sec += nanoseconds / 1_000_000_000
    end.tv_nsec = nanoseconds % 1_000_000_000
    while !isMet() {
      if pthread_cond_timedwait(condition, mutex, &end) == ETIMEDOUT { return isMet() }
    }
    return true
  }
}
