import Files
import Foundation

/// A file on a web server, fetched by libcurl and taken up again where it stopped.
final class FetchedStream: ByteStream {
  /// When to give up waiting.
  struct Patience: Sendable {
    /// How often in a row nothing may come before it is an error.
    var attempts = 5
    /// Milliseconds to wait before the second attempt, twice as many before the third, …
    var firstWait = 500
    /// Fewer than 1,000 bytes a second for so many seconds are a stall.
    var stallSeconds = 30
    /// A command that gives nothing for so many seconds is ended.
    var commandIdleSeconds = CommandStream.mostIdleSeconds
    /// Asked several times a second while nothing comes; true ends the waiting.
    var shouldStop: @Sendable () -> Bool = { false }

    /// Waits before another attempt.
    /// - Throws: `StreamFailure` of the kind `stopped`.
    func pause(milliseconds: Int) throws {
      let end = DispatchTime.now() + .milliseconds(milliseconds)
      while DispatchTime.now() < end {
        if shouldStop() { throw StreamFailure.stopped }
        usleep(UInt32(min(milliseconds, 50)) * 1000)
      }
    }
  }

  /// How many milliseconds pass between two questions whether to stop.
  private static let interval: Int32 = 100

  private let address: String
  private let patience: Patience
  private let note: ((String) -> Void)?
  /// What the first answer said about the file; nil before it.
  private(set) var served: ServedFile?
  /// Whether the headers of the answer that is being read have been looked at.
  private var isChecked = false
  private var hasNoted = false
  private var transfer: WebTransfer?
  private var clock = StallClock()
  private var received = 0
  /// Bytes that come once more because the server has no ranges.
  private var repeated = 0
  private var failures = 0
  private var canResume = true

  /// Begins to fetch `address`.
  /// - Parameters:
  ///   - address: Where the file is.
  ///   - patience: When to give the server up.
  ///   - note: Told the first time that the server fails and is asked again.
  /// - Throws: `StreamFailure` when there is no memory for it.
  init(
    _ address: String, patience: Patience = Patience(), note: ((String) -> Void)? = nil
  ) throws {
    self.address = address
    self.patience = patience
    self.note = note
    try start()
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    while let transfer {
      guard !clock.isStalled(for: patience.stallSeconds) else {
        try tryAgain(after: stall)
        continue
      }
      let begin = DispatchTime.now().uptimeNanoseconds
      let outcome = transfer.read(into: room, within: Self.interval)
      let waited = Int(DispatchTime.now().uptimeNanoseconds - begin)
      switch outcome {
      case .bytes(let got):
        clock.add(nanoseconds: waited, bytes: got)
        try checkAnswer(transfer)
        let known = min(got, repeated)
        repeated -= known
        // What was known already is passed over; what follows it within `room` is new.
        guard got > known, let base = room.baseAddress else { continue }
        if known > 0 { memmove(base, base + known, got - known) }
        received += got - known
        failures = 0
        return got - known
      case .nothing:
        clock.add(nanoseconds: waited, bytes: 0)
        if patience.shouldStop() { throw StreamFailure.stopped }
      case .end:
        guard repeated == 0 else {
          throw StreamFailure(.source, "\(address) is shorter than it was a moment ago")
        }
        try checkAnswer(transfer)
        close()
      case .failed(let failure):
        try tryAgain(after: failure)
      }
    }
    return 0
  }

  func close() { transfer = nil }

  private func start() throws {
    let isResuming = received > 0 && canResume
    repeated = isResuming ? 0 : received
    isChecked = false
    clock = StallClock()
    transfer = nil  // one connection at a time
    transfer = try WebTransfer(
      address, from: isResuming ? received : 0, ifStill: isResuming ? served?.validator : nil)
  }

  /// libcurl's own watch would count the time in which nobody reads.
  private var stall: WebTransfer.Failure {
    WebTransfer.Failure(
      code: 28,
      reason: "fewer than \(Format.count(StallClock.leastBytesPerSecond)) bytes a second for "
        + "\(patience.stallSeconds) s")
  }

  private func tryAgain(after failure: WebTransfer.Failure) throws {
    if failure.isWithoutRanges, canResume {
      // The server has no ranges, or the file is another one: from the start once more, where it shows.
      canResume = false
      return try start()
    }
    failures += 1
    guard failures < patience.attempts, !failure.isFinal else {
      throw StreamFailure(
        .source,
        "cannot fetch \(address): \(failure.reason) (libcurl's error \(failure.code)) after "
          + "\(received) bytes and \(failures) attempts in a row")
    }
    if !hasNoted {
      hasNoted = true
      note?("\(address) failed after \(received) bytes (\(failure.reason)); it is asked again")
    }
    transfer = nil
    try patience.pause(milliseconds: min(patience.firstWait << (failures - 1), 60_000))
    try start()
  }

  /// Compares what the answer says about the file with what the first one said: the rest of another
  /// file would fit nothing.
  private func checkAnswer(_ transfer: WebTransfer) throws {
    guard !isChecked else { return }
    isChecked = true
    let answer = ServedFile(headers: transfer.headers)
    guard let served else {
      served = answer
      return
    }
    guard !answer.differs(from: served) else {
      throw StreamFailure(
        .source, "\(address) changed while it was read, after \(received) bytes; run it again")
    }
  }
}
