import CTorch
public import Files
public import Foundation

/// An operation of libtorch that failed: which one, on which shapes, and libtorch's own reason.
public struct TorchError: LocalizedError, ExitCoded, CustomStringConvertible {
  /// What kind of failure it was.
  public enum Kind: Sendable {
    /// The operation refused its arguments.
    case invalid
    /// There was not enough memory for the result.
    case outOfMemory
  }

  /// What kind of failure it was.
  public let kind: Kind
  /// The operation's name, as in PyTorch.
  public let operation: String
  /// The shapes of the operation's tensors.
  public let shapes: [[Int]]
  /// The reason.
  public let message: String

  /// Makes the error of `operation`.
  public init(
    _ operation: String, shapes: [[Int]] = [], message: String, kind: Kind = .invalid
  ) {
    self.kind = kind
    self.operation = operation
    self.shapes = shapes
    self.message = message
  }

  /// One line: operation, shapes, reason.
  public var description: String {
    let on = shapes.isEmpty ? "" : " of " + shapes.map { "\($0)" }.joined(separator: ", ")
    return "\(operation)\(on): \(message)"
  }

  /// The exit code of `sysexits.h`.
  public var exitCode: Int32 { kind == .outOfMemory ? 71 : 70 }

  /// The description, for those who ask for `localizedDescription`.
  public var errorDescription: String? { description }
}

/// Turns a status of the C ABI into a thrown error that carries the operation and its shapes.
func check(
  _ operation: String, shapes: @autoclosure () -> [[Int]] = [], _ status: Int32
) throws {
  guard status != CTORCH_OK else { return }
  let message = String(cString: ctorch_last_error())
  throw TorchError(
    operation, shapes: shapes(), message: message,
    kind: status == CTORCH_OUT_OF_MEMORY ? .outOfMemory : .invalid)
}

/// The same for an operation on `inputs`, which live until it has returned.
func check(_ operation: String, _ inputs: @autoclosure () -> [Tensor], _ status: Int32) throws {
  try check(operation, shapes: inputs().map(\.shape), status)
}

/// The tensor that `body` writes, or the error it reports.
func make(
  _ operation: String, shapes: @autoclosure () -> [[Int]],
  _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
) throws -> Tensor {
  var handle: OpaquePointer?
  try check(operation, shapes: shapes(), body(&handle))
  guard let handle else { throw TorchError(operation, message: "no tensor came back") }
  return Tensor(consuming: handle)
}

/// The same for an operation on `inputs`, which live until it has returned.
func make(
  _ operation: String, _ inputs: @autoclosure () -> [Tensor],
  _ body: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
) throws -> Tensor {
  try make(operation, shapes: inputs().map(\.shape), body)
}
