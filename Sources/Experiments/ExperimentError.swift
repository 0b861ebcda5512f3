public import Files
public import Foundation

/// Why an experiment cannot be run.
public struct ExperimentError: LocalizedError, ExitCoded, CustomStringConvertible {
  /// What is wrong and what to do about it, in a line.
  public let description: String
  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { 64 }

  init(_ description: String) { self.description = description }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
