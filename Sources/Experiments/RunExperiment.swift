import Files
import Foundation
import Pipeline
public import Recipes
import SystemPackage
import Training
public import Terminal

/// What `runExperiment` is to do.
public struct ExperimentRequest: Sendable {
  /// The experiment's name.
  public var name: String
  /// How large it is.
  public var scale = ExperimentScale.small
  /// The recipe that it changes; nil takes the scale's own.
  public var recipe: Recipe?
  /// Where that recipe is, for the command that results name.
  public var recipePath: String?
  /// The seeds, each of which draws labels, weights and crops anew.
  public var seeds = [0, 1, 2]
  /// The pictures that networks transfer to, in experiments about that at the scale of the paper: CUB-200-2011.
  public var transferTo: String?
  /// Where everything is kept: runs in `runs/`, which experiments share, and results in a folder of the
  /// experiment's name.
  public var out: String

  /// What is typed to have the same again, but for where.
  var command: String {
    let words =
      [name] + [recipePath].compactMap { $0 } + ["--scale", scale.rawValue]
      + ["--seeds", seeds.map(String.init).joined(separator: ",")]
      + (transferTo.map { ["--transfer-to", $0] } ?? [])
    return "halcyon experiment " + words.map(Format.shellWord).joined(separator: " ")
  }

  /// The experiment `name`, kept in `out`.
  public init(_ name: String, out: String) {
    self.name = name
    self.out = out
  }
}

/// Runs the recipes of an experiment, once for each seed, and writes what they came to.
///
/// What is there already stands: a run that was stopped goes on, and a teacher, scores or a selection that another
/// run has made as a recipe asks for are taken from it.
/// - Returns: The results, as they are in `results.json`.
/// - Throws: `ExperimentError`, `RecipeError` of a recipe that cannot be followed, `PipelineError`; `Stopped` with
///   everything saved.
public func runExperiment(
  _ request: ExperimentRequest, console: Console = Console()
) throws -> ExperimentResults {
  var base = try request.scale.scaled(request.recipe ?? request.scale.recipe())
  // What experiments compare with is trained as long as the recipe says.
  base.baseline.long = false
  var experiment = try ExperimentCatalogue.experiment(
    request.name, request.scale, changing: base)
  try experiment.prepareTransfer(to: request.transferTo, of: base)
  guard !request.seeds.isEmpty, Set(request.seeds).count == request.seeds.count else {
    throw ExperimentError("an experiment needs seeds, each once, such as --seeds 0,1,2")
  }
  let folder = "\(request.out)/\(experiment.name)"
  // All recipes are looked at before the first one is run.
  let recipes = try experiment.rows.map { row in
    try Recipe(
      yaml: base.yaml, file: "the recipe of \(experiment.name)",
      overrides: row.settings + ["name=\(experiment.name)-\(row.name)"])
  }
  // Two at once would begin the same runs.
  try FilePath(text: request.out).makeFolder()
  let lock = try RunLock(path: "\(request.out)/.lock", of: request.out)
  defer { withExtendedLifetime(lock) {} }
  let paths = try zip(experiment.rows, recipes).map { row, recipe in
    let path = "\(folder)/recipes/\(row.name).yaml"
    try FilePath(text: path).folder.makeFolder()
    try recipe.write(to: path)
    return path
  }
  try requireRunnable(experiment, recipes: paths, request)
  let count = recipes.count * request.seeds.count
  if let line = experiment.leftOut { console.say(line) }
  console.say(
    "\(experiment.name): \(experiment.title); \(Format.counted(recipes.count, "recipe", "recipes")) with "
      + "\(Format.counted(request.seeds.count, "seed", "seeds")), \(Format.counted(count, "run", "runs")) in "
      + "\(request.out)/runs")

  var runs = ExperimentRuns(folder: "\(request.out)/runs", console: console)
  var outcomes = experiment.rows.map { _ in [Experiment.Outcome]() }
  var directories = experiment.rows.map { _ in [String]() }
  // A whole row for one seed after the other shows something soonest.
  for seed in request.seeds {
    for (index, row) in experiment.rows.enumerated() {
      var recipe = recipes[index]
      recipe.seed = seed
      console.say("\(row.title), seed \(seed): run \(runs.done + 1) of \(count)")
      var (outcome, path) = try runs.run(recipe, inspecting: row.ranks != nil)
      if let stage = row.transfersFrom, let wanted = experiment.transfer {
        outcome.transfers = try runs.transfers(
          from: stage, of: recipe, in: path, wanted, out: "\(request.out)/transfers")
      }
      outcomes[index].append(outcome)
      directories[index].append(path)
    }
  }
  let results = ExperimentResults(
    experiment, request, outcomes: outcomes, recipes: paths, runs: directories,
    seconds: runs.seconds)
  try results.write(to: folder)
  try DurableFile.write(
    ExperimentReport(experiment, results).html, to: "\(folder)/report.html")
  try DurableFile.write(
    ExperimentMarkdown(experiment: experiment, results: results).text, to: "\(folder)/results.md")
  return results
}

/// Looks at the pictures, networks and budgets of every row, and at the pictures that they transfer to, so that none is
/// refused after hours of others.
/// - Throws: `Problems`, each with the row's name.
private func requireRunnable(
  _ experiment: Experiment, recipes: [String], _ request: ExperimentRequest
) throws {
  var problems = try zip(experiment.rows, recipes).flatMap { row, path in
    try DryRun(RecipeReading(contentsOf: path)).problems.map {
      Problem("\(row.name): \($0.message)", exitCode: $0.exitCode, key: $0.key)
    }
  }
  if let wanted = experiment.transfer, let path = recipes.first {
    var recipe = try RecipeReading(contentsOf: path).recipe
    recipe.seed = request.seeds.first ?? 0
    for mode in TransferMode.allCases {
      let transfer = wanted.request(mode, from: "", run: "", recipe, out: request.out)
      for problem in try problemsOfTransfer(transfer)
      where !problems.contains(where: { $0.message == problem.message }) {
        problems.append(problem)
      }
    }
  }
  if let error = Problems(problems) { throw error }
}

/// The runs of experiments, each in a folder that is named after all that its results depend on.
struct ExperimentRuns {
  let folder: String
  let console: Console
  /// How many were asked for.
  private(set) var done = 0
  /// What the stages of these took, each once; added in one order, for the same sum each time.
  var seconds: Double { stages.values.sorted().reduce(0, +) }
  private var stages: [String: Double] = [:]

  init(folder: String, console: Console) {
    self.folder = folder
    self.console = console
  }

  /// Does what is not done yet of `recipe`, and looks at its selection's ranks where that is asked for.
  mutating func run(
    _ recipe: Recipe, inspecting: Bool
  ) throws -> (outcome: Experiment.Outcome, path: String) {
    let path = "\(folder)/\(recipe.hash.prefix(16))"
    let others = ((try? FilePath(text: folder).names()) ?? []).sorted()
      .map { "\(folder)/\($0)" }.filter { $0 != path && !$0.contains(".tmp-") }
    for line in try SharedStages.take(into: path, for: recipe, from: others) {
      console.say("  taken: \(line)")
    }
    let run = try Run(recipe: recipe, directory: path, console: console)
    let summary = try run.allStages()
    done += 1
    for (stage, seconds) in summary.seconds { stages["\(stage) \(seconds)"] = seconds }
    for round in summary.rounds.dropFirst() {
      stages["round \(round.round) \(round.seconds)"] = round.seconds
    }
    let ranks = inspecting ? try Inspection(of: run).ranks : []
    return (Experiment.Outcome(summary: summary, ranks: ranks), path)
  }

  /// Lets the network of a stage of the run in `path` learn other classes, wholly and by a linear layer.
  mutating func transfers(
    from stage: Stage, of recipe: Recipe, in path: String, _ wanted: ExperimentTransfer,
    out: String
  ) throws -> [TransferMode: TransferResults] {
    let run = RunDirectory(path: path)
    var results: [TransferMode: TransferResults] = [:]
    for mode in TransferMode.allCases {
      let request = wanted.request(
        mode, from: run.folder(of: stage),
        run: "\(recipe.hash.prefix(16))-\(stage.rawValue)", recipe, out: out)
      let result = try transfer(request, console: console)
      stages["transfer \(request.out)"] = result.seconds
      results[mode] = result
    }
    return results
  }
}

extension Experiment {
  /// Says to what its rows transfer: to the pictures `data`, or to classes of `recipe` that are held out of each row.
  /// - Throws: `ExperimentError` where `data` is given and has no use, or is missing.
  mutating func prepareTransfer(to data: String?, of recipe: Recipe) throws {
    guard transfer != nil, transfer?.heldOutShare == nil || data == nil else {
      guard data == nil else {
        throw ExperimentError(
          "--transfer-to is for experiments about transfer at --scale paper; at other scales classes are held out"
        )
      }
      return
    }
    guard transfer?.heldOutShare == nil else {
      let settings = try transfer?.holdOutClasses(of: recipe) ?? []
      for index in rows.indices { rows[index].settings += settings }
      return
    }
    guard let data else {
      throw ExperimentError(
        "\(name): --scale paper transfers to other pictures: give --transfer-to CUB_200_2011, the folder of its "
          + "archive")
    }
    transfer?.data = data
  }
}
