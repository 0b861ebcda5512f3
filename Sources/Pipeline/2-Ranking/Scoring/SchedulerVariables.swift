/// What schedulers write into the environment of the processes that share some work.
struct SchedulerVariables {
  private let environment: [String: String]
  /// What was read, in words.
  private var said: [String] = []
  /// What else numbers this process and is left aside.
  private var leftAside: String?

  init(_ environment: [String: String]) { self.environment = environment }

  /// A launcher's number of this process and of all, from the innermost on: torchrun's, Open MPI's, that of
  /// MPICH, Intel MPI and Slurm's PMI.
  private static let ranks = [
    ("RANK", "WORLD_SIZE"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("PMI_RANK", "PMI_SIZE"),
  ]

  /// The names that number a process in an array of jobs, so that its share is known.
  private static let arrays = ["SLURM_ARRAY_TASK_ID", "SGE_TASK_ID", "JOB_COMPLETION_INDEX"]

  /// The names that do so, but neither say from where on nor up to where.
  private static let countless = ["PBS_ARRAY_INDEX", "PBS_ARRAYID", "LSB_JOBINDEX"]

  /// What may number a process, for those who have nothing of it.
  static let numbering =
    (ranks.map(\.0) + arrays).dropLast().joined(separator: ", ")
    + " or \(arrays[arrays.count - 1])"

  /// "RANK is 1 and WORLD_SIZE 4": what was read; nil where nothing was.
  var statement: String? {
    said.isEmpty
      ? nil : said.joined(separator: " and ") + (leftAside.map { " (\($0) is left aside)" } ?? "")
  }

  /// "PBS_ARRAY_INDEX is 3": what numbers this process, but not of how many. LSF says 0 of a job that is
  /// none of an array.
  var countless: String? {
    Self.countless.lazy.compactMap { name in
      value(name).flatMap { name == "LSB_JOBINDEX" && $0 == "0" ? nil : "\(name) is \($0)" }
    }.first
  }

  /// A variable's value; nil where it is not set, or, as Grid Engine says of a job that is none of an array,
  /// undefined.
  private func value(_ name: String) -> String? {
    environment[name].flatMap { $0.isEmpty || $0 == "undefined" ? nil : $0 }
  }

  /// A variable's number, which is then said unless it only helps to understand another.
  /// - Throws: `PipelineError.usage` where it is none.
  mutating func number(_ name: String, isSaid: Bool = true) throws -> Int? {
    guard let text = value(name) else { return nil }
    if isSaid { said.append(said.isEmpty ? "\(name) is \(text)" : "\(name) \(text)") }
    guard let value = Int(text) else {
      throw PipelineError.usage("\(name) is \(text), which is no whole number")
    }
    return value
  }

  /// This process's share of work that the command line divides in `count` parts, where it says so; nil
  /// where nothing says it.
  /// - Throws: `PipelineError.usage` naming the variable that is missing or no number.
  mutating func share(of count: Int?) throws -> (index: Int, count: Int)? {
    for (rank, size) in Self.ranks {
      guard let index = try number(rank) else { continue }
      guard let all = try count ?? number(size) else {
        throw PipelineError.usage(
          "\(rank) is set but \(size) is not; set it or --num-shards")
      }
      // A job of an array may start a launcher, whose processes then share that job's work.
      leftAside = Self.arrays.first { value($0) != nil }
      return (index, all)
    }
    if let task = try number("SLURM_ARRAY_TASK_ID") { return try slurm(task, of: count) }
    if let task = try number("SGE_TASK_ID") { return try gridEngine(task, of: count) }
    guard let completion = try number("JOB_COMPLETION_INDEX") else { return nil }
    guard let all = try count ?? number("JOB_COMPLETIONS") else {
      throw PipelineError.usage(
        "JOB_COMPLETION_INDEX is set but the number of completions is not known; give --num-shards")
    }
    return (completion, all)
  }

  private mutating func slurm(_ task: Int, of count: Int?) throws -> (index: Int, count: Int) {
    let step = max(1, try number("SLURM_ARRAY_TASK_STEP", isSaid: false) ?? 1)
    let first = try number("SLURM_ARRAY_TASK_MIN", isSaid: false) ?? 0
    guard let tasks = try count ?? number("SLURM_ARRAY_TASK_COUNT") else {
      throw PipelineError.usage(
        "SLURM_ARRAY_TASK_ID is set but SLURM_ARRAY_TASK_COUNT is not; give --num-shards")
    }
    guard first >= 0, task >= first else {
      throw PipelineError.usage(
        "SLURM_ARRAY_TASK_ID is \(task) and SLURM_ARRAY_TASK_MIN \(first): that is no array")
    }
    let index = (task - first) / step
    // Of --array=0,1,5 the tasks 0 and 1 fit their number, too, but nobody would do the rest of task
    // 5: all of them see it by their last one.
    let last = try number("SLURM_ARRAY_TASK_MAX", isSaid: false)
    let isWhole =
      count != nil || last.map { $0 >= first && ($0 - first) / step == tasks - 1 } ?? true
    guard index < tasks, isWhole else {
      throw PipelineError.usage(
        "task \(task) of an array of \(tasks): the array has gaps, so say which share this is with "
          + "--shard-index and --num-shards, or use --claim")
    }
    return (index, tasks)
  }

  /// An array of Grid Engine has no gaps: it goes from its first task to its last by even steps.
  private mutating func gridEngine(_ task: Int, of count: Int?) throws -> (index: Int, count: Int) {
    guard let first = try number("SGE_TASK_FIRST"), let last = try number("SGE_TASK_LAST") else {
      throw PipelineError.usage(
        "SGE_TASK_ID is set but SGE_TASK_FIRST or SGE_TASK_LAST is not; give --shard-index (from 0) and "
          + "--num-shards")
    }
    let step = max(1, try number("SGE_TASK_STEPSIZE", isSaid: false) ?? 1)
    guard first >= 0, last < 1 << 40, first...max(first, last) ~= task else {
      throw PipelineError.usage(
        "SGE_TASK_ID is \(task), SGE_TASK_FIRST \(first) and SGE_TASK_LAST \(last): that is no array"
      )
    }
    return ((task - first) / step, count ?? (last - first) / step + 1)
  }
}
