/// An error that knows the exit code with which a command ends because of it.
public protocol ExitCoded: Error {
  /// One of `sysexits.h`: 64 for a wrong request, 65 for wrong data, 69 for another process that was
  /// lost, 70 for numbers that are not finite, 71 for memory that does not suffice, 74 for input and
  /// output, 75 for work that was asked to stop.
  var exitCode: Int32 { get }
}
