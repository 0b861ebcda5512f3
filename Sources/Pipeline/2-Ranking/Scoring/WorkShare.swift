public import Foundation

/// Which shards of U this process scores, when several share the work: every `count`-th from `index`.
public struct WorkShare: Equatable, Sendable {
  /// This process's number, from 0.
  public let index: Int
  /// How many processes there are.
  public let count: Int
  /// "RANK is 1 and WORLD_SIZE 4": what the environment says; nil where the command line alone does.
  public private(set) var reason: String?

  /// Share `index` of `count`.
  /// - Throws: `PipelineError.usage` when there is no such share.
  public init(index: Int, count: Int) throws {
    guard count >= 1, index >= 0, index < count else {
      throw PipelineError.usage(
        "share \(index) of \(count): shares are numbered from 0 and below their number")
    }
    self.index = index
    self.count = count
  }

  /// Two shares of the same work are equal whoever gave them.
  public static func == (left: Self, right: Self) -> Bool {
    (left.index, left.count) == (right.index, right.count)
  }

  /// "share 1 of 4, counted from 0".
  public var title: String { "share \(index) of \(count), counted from 0" }

  /// Whether `shard` belongs to this share.
  public func contains(_ shard: Int) -> Bool { shard % count == index }

  /// The share that a scheduler gave this process, or nil when it stands alone.
  ///
  /// Taken from what is given, else from the variables that `SchedulerVariables` knows: torchrun's, MPI's, a
  /// Slurm or Grid Engine array's, a Kubernetes indexed job's (whose number of completions is not in its
  /// environment and is given as `count`, or in `JOB_COMPLETIONS`).
  /// - Parameters:
  ///   - index: What `--shard-index` says.
  ///   - count: What `--num-shards` says.
  ///   - environment: The process's environment.
  /// - Throws: `PipelineError.usage` naming the variable that is missing or no number.
  public init?(
    index: Int?, count: Int?,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    var variables = SchedulerVariables(environment)
    if let index {
      guard let count = try count ?? variables.number("WORLD_SIZE") else {
        throw PipelineError.usage("--shard-index \(index) of how many? Give --num-shards")
      }
      try self.init(index: index, count: count)
    } else if let found = try variables.share(of: count) {
      try self.init(index: found.index, count: found.count)
    } else if let count {
      throw PipelineError.usage(
        "--num-shards \(count): which of them is this? Give --shard-index, or let a scheduler set "
          + "\(SchedulerVariables.numbering)")
    } else {
      return nil
    }
    reason = variables.statement
  }

  /// "PBS_ARRAY_INDEX is 3, …": what is to be said of a scheduler's variables that number this process but
  /// do not say of how many, so that it stands alone; nil where there are none.
  public static func unusedLine(
    _ environment: [String: String] = ProcessInfo.processInfo.environment
  ) -> String? {
    SchedulerVariables(environment).countless.map {
      "\($0), which does not say which of how many parts is this one's, so that all shards are; to share "
        + "them give --shard-index (from 0) and --num-shards"
    }
  }
}
