/// The processes that train one network together, each on its own part of every batch.
public protocol ProcessGroup {
  /// Which of them this one is, from 0.
  var rank: Int { get }
  /// How many there are.
  var size: Int { get }

  /// Replaces each tensor by its mean over the processes, which all call this in the same step.
  /// - Throws: `TorchError`.
  func average(_ tensors: [Tensor]) throws
}

/// This process alone: its own means are the group's.
public struct SingleProcess: ProcessGroup {
  /// 0.
  public var rank: Int { 0 }
  /// 1.
  public var size: Int { 1 }

  /// The group of this process.
  public init() {}

  /// Leaves the tensors as they are.
  public func average(_ tensors: [Tensor]) {}
}
