import Foundation

/// Hands what comes from the open file `descriptor`, which may be a pipe that says nothing for long, to
/// `body`, piece by piece, until it ends or `body` has enough and returns false.
/// - Parameters:
///   - descriptor: The open file.
///   - waiting: Is told, once, that nothing has come for two seconds.
///   - shouldStop: Is asked while nothing comes whether to give up.
///   - body: Takes the pieces.
/// - Returns: 0, or the system's error number; `ECANCELED` where waiting was given up.
package func readStream(
  _ descriptor: Int32, waiting: () -> Void, shouldStop: () -> Bool = { false },
  _ body: (UnsafeRawBufferPointer) throws -> Bool
) rethrows -> Int32 {
  var piece = [UInt8](repeating: 0, count: 1 << 16)
  var silence: Int32 = 0
  while true {
    var state = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let ready = poll(&state, 1, StreamWaiting.slice)
    if ready == 0 || ready < 0 && errno == EINTR {
      if shouldStop() { return ECANCELED }
      guard ready == 0, silence < StreamWaiting.patience else { continue }
      silence += StreamWaiting.slice
      if silence >= StreamWaiting.patience { waiting() }
      continue
    }
    let got = read(descriptor, &piece, piece.count)
    if got < 0, errno == EINTR || errno == EAGAIN { continue }
    guard got >= 0 else { return errno }
    guard got > 0 else { return 0 }
    guard try piece.withUnsafeBytes({ try body(UnsafeRawBufferPointer(rebasing: $0[..<got])) })
    else { return 0 }
  }
}

private enum StreamWaiting {
  /// After so many milliseconds without a sign somebody is told.
  static let patience: Int32 = 2000
  /// How long a stop may have to wait.
  static let slice: Int32 = 200
}
