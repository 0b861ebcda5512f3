import ArgumentParser
import Experiments
import Files
import Pipeline
import Recipes
import Terminal

/// `halcyon experiment`: the paper's tables and figures.
struct ExperimentCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "experiment",
    abstract:
      "Rerun one of the paper's tables or figures over several seeds, and judge its claims.",
    discussion: """
      \(ExperimentCatalogue.titles.map { "\($0.name): \($0.title)." }.joined(separator: "\n"))

      Each is a list of recipes that differ in what is asked about: changes of RECIPE, or of the demo's \
      (Fashion-MNIST with 250 labels). report.html shows the table beside the paper's and says of each claim \
      whether it holds here, with the interval; results.json and results.csv have all figures. Run it again to go \
      on after a stop; runs that are equal, and teachers, scores and selections, are shared between experiments \
      that have the same --out.
      """)

  @Argument(
    help: "Which: \(ExperimentCatalogue.titles.map(\.name).joined(separator: ", ")).",
    completion: .list(ExperimentCatalogue.titles.map(\.name)))
  var name: String

  @Argument(help: "The recipe that it changes (default: the demo's).", completion: .file())
  var recipe: String?

  @Option(
    help: "How large: \(ExperimentScale.words); tiny has a twentieth of the budgets.",
    completion: ExperimentScale.completion, transform: ExperimentScale.named)
  var scale = ExperimentScale.small

  @Option(help: "The seeds.")
  var seeds = SeedList([0, 1, 2])

  @Option(
    help:
      "table8 at --scale paper: the labelled pictures that networks transfer to, CUB-200-2011's.",
    completion: .file())
  var transferTo: String?

  @Option(
    help: "Where runs and results are kept (default: experiments/SCALE).", completion: .directory)
  var out: String?

  @Flag(help: "Print the results as JSON, and nothing else.")
  var json = false

  func run() throws {
    let folder = out ?? "experiments/\(scale.rawValue)"
    var request = ExperimentRequest(name, out: folder)
    (request.scale, request.seeds) = (scale, seeds.seeds)
    request.transferTo = transferTo
    request.recipePath = recipe
    request.recipe = try recipe.map { try Recipe(contentsOf: $0, note: printError) }
    let results = try runExperiment(request, console: Console(quiet: json))
    if json { return try printJSON(results) }
    try figures(of: results).forEach(printLine)
    try printWrapped(results.claims.map { "\($0.claim): \($0.verdict.rawValue)" })
    try printLine("report: \(folder)/\(results.name)/report.html")
  }

  private func figures(of results: ExperimentResults) -> [String] {
    func text(_ interval: Interval?) -> String {
      guard let interval else { return "-" }
      let margin = interval.margin.map { " ± \(Format.fixed($0, 2))" } ?? ""
      return Format.fixed(interval.mean, 2) + margin
    }
    let rows = results.rows.map { [$0.title] + $0.intervals.map(text) }
    let columns = Set(1...results.columns.count)
    return [""] + table([[""] + results.columns] + rows, rightAligned: columns) + [""]
  }
}
