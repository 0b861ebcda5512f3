public import Foundation

/// A file-system operation that failed: what was tried, on which path, and the system's reason.
public struct FileError: LocalizedError, ExitCoded, CustomStringConvertible {
  /// What was being done, as a verb: "write", "open", "rename".
  public let operation: String
  /// The path it was done to.
  public let path: String
  /// The system's error number (`errno`), or 0 when the contents were at fault.
  public let code: Int32
  /// What to say besides the system's reason.
  public let detail: String

  /// Makes the error of `operation` on `path`.
  public init(_ operation: String, _ path: String, code: Int32, detail: String = "") {
    self.operation = operation
    self.path = path
    self.code = code
    self.detail = detail
  }

  /// The system's reason and what there is to say besides.
  public var reason: String {
    let reason = code == 0 ? "" : String(cString: strerror(code))
    return [reason, detail].filter { !$0.isEmpty }.joined(separator: "; ")
  }

  /// One line: operation, path, reason.
  public var description: String { "cannot \(operation) \(path): \(reason)" }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { code == 0 ? 65 : 74 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}
