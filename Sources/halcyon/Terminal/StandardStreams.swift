import Foundation

/// Standard input, output and error, some of which whoever starts the command may have closed.
enum StandardStreams {
  /// Keeps their numbers from being given to files that are opened later, into which would be printed
  /// what is meant for people: a stream that is closed is opened so that using it is still an error.
  static func hold() {
    for (stream, mode) in [
      (STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDONLY),
    ] where fcntl(stream, F_GETFD) < 0 {
      // The lowest number that is free is this one.
      _ = open("/dev/null", mode)
    }
  }
}
