import ArgumentParser
import Experiments
import Files
import Pipeline
import Recipes
import Torch

extension RunCommand {
  /// Runs the recipe once for each seed, in a folder for each, and prints what they came to together, which stays in
  /// `NAME-seeds.json` beside them.
  func run(seeds: [Int], _ options: RunOptions, among group: any ProcessGroup) throws {
    guard let given = try options.directory(for: options.read(tells: false)) else {
      throw ValidationError("--seeds needs a recipe with a name, or --out")
    }
    let directory = RunDirectory(path: given).path  // without a slash at its end
    guard RunDirectory(path: options.recipe).path != directory else {
      throw ValidationError("--seeds begins runs of a recipe; \(options.recipe) is a run directory")
    }
    var summaries: [Summary] = []
    for seed in seeds {
      var options = options
      options.settings.append("seed=\(seed)")
      options.out = "\(directory)-seed-\(seed)"
      let run = try options.open(quiet: json, computing: Set(Stage.allCases), group: group)
      if group.rank == 0, !json { printError("seed \(seed): \(run.directory.path)") }
      summaries.append(try run.allStages())
    }
    guard group.rank == 0 else { return }
    let seeded = SeededResults(seeds, summaries)
    let file = "\(directory)-seeds.json"
    try DurableFile.write(JSON.pretty(seeded), to: file)
    if json { return try printJSON(seeded) }
    try (seeded.lines + ["results: \(file)"]).forEach(printLine)
  }
}

/// What runs of one recipe with several seeds came to.
private struct SeededResults: Encodable {
  /// One network's top-1 over the seeds.
  struct Result: Encodable {
    let name: String
    let top1: [Double?]
    let interval: Interval?
  }

  let seeds: [Int]
  let results: [Result]
  /// The student's top-1 less the baseline's, in points.
  let gains: [Double?]
  let gain: Interval?

  init(_ seeds: [Int], _ summaries: [Summary]) {
    self.seeds = seeds
    let names = summaries.first?.results.map(\.name) ?? []
    results = names.indices.map { index in
      let values = summaries.map { $0.results[index].accuracy.top1 }
      return Result(
        name: names[index], top1: values, interval: Interval(of: values.compactMap { $0 }))
    }.filter { $0.interval != nil }
    gains = summaries.map(\.gain)
    gain = Interval(of: gains.compactMap { $0 })
  }

  var lines: [String] {
    func text(_ value: Double?) -> String { value.map { Format.fixed($0, 2) } ?? "-" }
    let head = ["", "mean %", "±"] + seeds.map { "seed \($0)" }
    let rows = results.map { result in
      [result.name, text(result.interval?.mean), text(result.interval?.margin)]
        + result.top1.map(text)
    }
    guard !rows.isEmpty else { return ["", "no accuracy is known: data.test is not given"] }
    var lines = [""] + table([head] + rows, rightAligned: Set(1..<head.count))
    if let gain {
      let margin = gain.margin.map { " ± \(Format.fixed($0, 2))" } ?? ""
      lines += [
        "",
        "gain of the student over the baseline: \(gain.mean < 0 ? "" : "+")\(text(gain.mean))\(margin) points",
      ]
    }
    return lines + ["± is half of the 95 % interval of the mean, by Student's t"]
  }
}
