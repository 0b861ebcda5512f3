/// How a network is run: for training or evaluation, in which precision, and who counts.
///
/// Explicit at every call: no layer remembers a mode.
public struct Pass {
  /// Training normalises by the batch and updates running statistics; evaluation uses them.
  public enum Mode: Sendable {
    case training, evaluation
  }

  /// For training or evaluation.
  public let mode: Mode
  /// The precision of everything but the last layer.
  public let precision: Precision
  /// Counts instead of computing, when there is one.
  public let trace: Trace?
  /// Which branches are left out; nil leaves out none.
  public let dropPath: DropPath?

  /// The processes over whose parts of a batch its statistics are taken, in training; nil takes them over this one's.
  public let synced: DistributedGroup?

  /// A pass in `mode` and `precision`.
  public init(
    _ mode: Mode, precision: Precision = .float32, trace: Trace? = nil, dropPath: DropPath? = nil,
    synced: DistributedGroup? = nil
  ) {
    self.mode = mode
    self.precision = precision
    self.trace = trace
    self.dropPath = dropPath
    self.synced = synced
  }

  /// A training pass in float32.
  public static var training: Pass { Pass(.training) }
  /// An evaluation pass in float32.
  public static var evaluation: Pass { Pass(.evaluation) }
}
