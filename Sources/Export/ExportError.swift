public import Files
public import Foundation

/// Why a model cannot be written in another format.
public struct ExportError: LocalizedError, ExitCoded, CustomStringConvertible {
  /// One line: what cannot be done and what to do about it.
  public let description: String
  /// The exit code of `sysexits.h`.
  public let exitCode: Int32

  /// What was asked for cannot be had.
  init(_ description: String) {
    self.description = description
    exitCode = 64
  }

  /// A network has an operation that is not known here.
  init(operation: String, _ what: String) {
    description = "cannot write \(operation) in ONNX: \(what)"
    exitCode = 70
  }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
