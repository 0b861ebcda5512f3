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
  /// Taken from what is given, else from torchrun's `RANK` and `WORLD_SIZE`, else from a Slurm array
  /// (`SLURM_ARRAY_TASK_ID`, `_MIN`, `_MAX`, `_STEP`, `_COUNT`), else from a Kubernetes indexed job
  /// (`JOB_COMPLETION_INDEX`; the number of completions is not in its environment and is given as
  /// `count`, or in `JOB_COMPLETIONS`).
  /// - Parameters:
  ///   - index: What `--shard-index` says.
  ///   - count: What `--num-shards` says.
  ///   - environment: The process's environment.
  /// - Throws: `PipelineError.usage` naming the variable that is missing or no number.
  public init?(
    index: Int?, count: Int?,
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws {
    var said: [String] = []
    func number(_ name: String) throws -> Int? {
      guard let text = environment[name], !text.isEmpty else { return nil }
      if !name.hasSuffix("_STEP"), !name.hasSuffix("_MIN"), !name.hasSuffix("_MAX") {
        said.append(said.isEmpty ? "\(name) is \(text)" : "\(name) \(text)")
      }
      guard let value = Int(text) else {
        throw PipelineError.usage("\(name) is \(text), which is no whole number")
      }
      return value
    }
    func needed(_ value: Int?, _ what: String) throws -> Int {
      guard let value else { throw PipelineError.usage(what) }
      return value
    }
    if let index {
      let count = try needed(
        count ?? number("WORLD_SIZE"), "--shard-index \(index) of how many? Give --num-shards")
      try self.init(index: index, count: count)
    } else if let rank = try number("RANK") {
      let world = try needed(
        count ?? number("WORLD_SIZE"), "RANK is set but WORLD_SIZE is not; set it or --num-shards")
      try self.init(index: rank, count: world)
    } else if let task = try number("SLURM_ARRAY_TASK_ID") {
      let step = max(1, try number("SLURM_ARRAY_TASK_STEP") ?? 1)
      let first = try number("SLURM_ARRAY_TASK_MIN") ?? 0
      let tasks = try needed(
        count ?? number("SLURM_ARRAY_TASK_COUNT"),
        "SLURM_ARRAY_TASK_ID is set but SLURM_ARRAY_TASK_COUNT is not; give --num-shards")
      guard first >= 0, task >= first else {
        throw PipelineError.usage(
          "SLURM_ARRAY_TASK_ID is \(task) and SLURM_ARRAY_TASK_MIN \(first): that is no array")
      }
      let index = (task - first) / step
      // Of --array=0,1,5 the tasks 0 and 1 fit their number, too, but nobody would do the rest of task
      // 5: all of them see it by their last one.
      let last = try number("SLURM_ARRAY_TASK_MAX") ?? task
      let isWhole =
        environment["SLURM_ARRAY_TASK_MAX"] == nil || count != nil
        || last >= first && (last - first) / step == tasks - 1
      guard index < tasks, isWhole else {
        throw PipelineError.usage(
          "task \(task) of an array of \(tasks): the array has gaps, so say which share this is with "
            + "--shard-index and --num-shards, or use --claim")
      }
      try self.init(index: index, count: tasks)
    } else if let completion = try number("JOB_COMPLETION_INDEX") {
      let completions = try needed(
        count ?? number("JOB_COMPLETIONS"),
        "JOB_COMPLETION_INDEX is set but the number of completions is not known; give --num-shards")
      try self.init(index: completion, count: completions)
    } else if let count {
      throw PipelineError.usage(
        "--num-shards \(count): which of them is this? Give --shard-index, or let a scheduler set "
          + "RANK, SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX")
    } else {
      return nil
    }
    reason = said.isEmpty ? nil : said.joined(separator: " and ")
  }
}
