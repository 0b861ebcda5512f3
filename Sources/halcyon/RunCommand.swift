import ArgumentParser
import Files
import Pipeline
import Recipes
import Torch

/// `halcyon run`: all four stages.
struct RunCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run all four stages; run again to go on after a stop.",
    discussion: """
      Several processes train together under torchrun (`torchrun --no-python --nproc-per-node 4 halcyon run \
      RECIPE`), srun or `halcyon launch`: each computes its part of every batch, scores its part of the \
      unlabelled pictures and measures its part of the others, and the first one writes. A batch has as many parts \
      as the recipe says (accumulate × replicas), whoever computes them, so that any number of processes that \
      divides it sees the same pictures in the same order and goes on from the same checkpoints; 1, 2, 4, … \
      processes learn the same weights, bit for bit, where replicas is a power of two; with accumulate alone, where \
      they have as many threads.

      The processes meet at MASTER_ADDR:MASTER_PORT and talk over the interface that leads there \
      (GLOO_SOCKET_IFNAME names another). Neither has authentication: use a network that you trust.
      """)

  @OptionGroup var options: RunOptions

  @OptionGroup var cache: CacheOptions

  @OptionGroup var processes: DistributedOptions

  @Flag(help: "Work out what would be done, in steps, memory, disk and time, and do nothing.")
  var dryRun = false

  @OptionGroup var machines: MachineOptions

  @Option(
    help: .init(
      """
      Run it once for each seed, in OUT-seed-0, OUT-seed-1, …, and print the means with their 95 % intervals, which \
      OUT-seeds.json keeps.
      """,
      valueName: "0,1,2"))
  var seeds: SeedList?

  @Flag(help: "Print the summary (or the dry run) as JSON, and nothing else.")
  var json = false

  func validate() throws {
    if machines.machines != nil, !dryRun {
      throw ValidationError("--machines only works something out; give --dry-run, too")
    }
    if seeds != nil, dryRun {
      throw ValidationError("--dry-run works out one run; leave --seeds out")
    }
  }

  func run() throws {
    if dryRun {
      var options = options
      options.settings += cache.settings
      let reading = try options.read(forDryRun: true)
      let plan = try DryRun(
        reading, directory: options.directory(for: reading), redoing: options.redo,
        on: machines.plan())
      if json { try printJSON(plan) } else { try printWrapped(plan.lines) }
      if let first = plan.problems.first { throw ExitCode(first.exitCode) }
      return
    }
    let facts = seeds.map { ["--seeds": $0.description] } ?? [:]
    try processes.perform(Self.self, facts, run(among:))
  }

  private func run(among group: any ProcessGroup) throws {
    var options = options
    options.settings += cache.settings
    if let seeds { return try run(seeds: seeds.seeds, options, among: group) }
    let run = try options.open(quiet: json, computing: Set(Stage.allCases), group: group)
    let summary = try run.allStages()
    guard group.rank == 0 else { return }
    if json {
      try printJSON(summary)
    } else {
      try resultLines(summary, directory: run.directory).forEach(printLine)
    }
  }
}

/// The result as a table, and where the report lies.
func resultLines(_ summary: Summary, directory: RunDirectory) -> [String] {
  func percent(_ value: Double?) -> String { value.map { Format.fixed($0, 2) } ?? "-" }
  // Under five classes there is no top-5.
  let hasFive = summary.classes >= 5
  var rows = [["", "top-1 %"] + (hasFive ? ["top-5 %"] : [])]
  for (name, accuracy) in summary.results where accuracy.top1 != nil {
    rows.append([name, percent(accuracy.top1)] + (hasFive ? [percent(accuracy.top5)] : []))
  }
  var lines = [""]
  if rows.count > 1 {
    lines += table(rows, rightAligned: [1, 2])
    if summary.rounds.count > 1 {
      let figures = summary.rounds.map { round in
        [
          "round \(round.round)", percent(round.teacher), round.purityText ?? "-",
          percent(round.student),
        ]
      }
      lines += [""]
      lines += table(
        [["", "teacher %", "purity %", "student %"]] + figures, rightAligned: [1, 2, 3])
      let last = directory.round(summary.rounds.count).folder(of: .fineTuning)
      lines.append("the student is the last round's: \(last)")
    }
    if let part = summary.measuredPart { lines.append("measured on \(part)") }
    if let absent = summary.absentLine { lines.append(absent) }
    if let gain = summary.gain {
      let sign = gain < 0 ? "" : "+"
      lines += ["", "gain of the student over the baseline: \(sign)\(percent(gain)) points"]
    }
  } else {
    lines.append("no accuracy is known: no training is finished, or data.test is not given")
  }
  return lines + ["report: \(directory.reportPath)"]
}
