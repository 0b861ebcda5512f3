import ArgumentParser
import Experiments
import Files
import Foundation
import Pipeline
import Recipes
import SystemPackage
import Terminal
import Training

/// `halcyon transfer`: a trained network learns other classes.
struct TransferCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "transfer",
    abstract: "Let a model learn other classes, with settings chosen on held-out pictures.",
    discussion: """
      full fine-tunes the whole network with a new last layer (SGD with momentum, no warm-up). Learning rate, \
      weight decay and schedule are chosen on a part of the training pictures that is held out: 10 of 30 settings, \
      around what is usual, or those that the options below list; any number of them covers each list evenly. \
      With the best the network is trained on all training pictures.

      fc trains a linear layer on frozen features, which are computed once and kept. The layer is multinomial \
      logistic regression, solved to its optimum by L-BFGS, so that it has a weight decay (on features of mean 0 \
      and deviation 1) but neither learning rate nor schedule.

      Beside both stands the vote of the nearest training pictures by the features that the network had, as DINO is \
      measured: cosine, 20 neighbours, temperature 0.07. The test pictures are read once, after everything was \
      chosen.

      DATA is a folder with train and test (or val) in it, CUB-200-2011 as its archive has it, a CSV with a column \
      split, a folder of IDX files; or any labelled pictures, with --test. The folder OUT is a model that evaluate, \
      predict and export take, with results.json, evaluation-test.json and log.jsonl. Run it again to go on after a \
      stop, or with more --trials: features and finished trials stay.

      The paper transfers to CUB-200-2011 in its Table 8 (ResNet-50, full and fc) and does not say by which \
      settings; the defaults here are ours.
      """)

  @Argument(
    help: "A model folder, ours or timm's, a file of weights, or a run, whose best model is taken.",
    completion: .file())
  var model: String

  @Argument(help: "The labelled pictures.", completion: .file())
  var data: String

  @Option(
    help: "What is trained: \(TransferMode.words).", completion: TransferMode.completion,
    transform: TransferMode.named)
  var mode: TransferMode

  @Option(help: "The folder for the model and everything else.", completion: .directory)
  var out: String

  @OptionGroup(title: "Pictures") var pictures: PictureOptions

  @OptionGroup(title: "What is tried") var sweep: SweepOptions

  @Option(parsing: .unconditional, help: "How many of the nearest training pictures vote.")
  var neighbours = 20

  @Option(parsing: .unconditional, help: "What their similarities are divided by.")
  var temperature = 0.07

  @OptionGroup var weights: WeightsOptions

  @OptionGroup var options: InferenceOptions

  @Option(
    parsing: .unconditional,
    help: "What the held-out pictures, the order, the crops and the new layer follow from.")
  var seed = 0

  @Option(
    help: .init(
      "Do it once for each seed, in OUT/seed-0, OUT/seed-1, …, and print the means with their 95 % intervals.",
      valueName: "0,1,2"))
  var seeds: SeedList?

  @Flag(help: "Do everything again that was done with other pictures, settings or weights.")
  var redo = false

  @Flag(help: "Print the results as JSON, and nothing else.")
  var json = false

  func validate() throws {
    guard seed >= 0 else { throw ValidationError("--seed is \(seed); it must be at least 0") }
    guard seeds == nil || seed == 0 else {
      throw ValidationError("--seed and --seeds exclude each other; leave one out")
    }
  }

  func run() throws {
    var request = TransferRequest(model, to: data, mode: mode, out: out)
    try pictures.apply(to: &request)
    sweep.apply(to: &request)
    (request.neighbours, request.temperature) = (neighbours, temperature)
    (request.network, request.inputSize) = (weights.network, weights.inputSize)
    (request.compute, request.seed, request.redoes) = (options.settings, seed, redo)
    let console = Console(quiet: json)
    guard let seeds else {
      let results = try transfer(request, console: console)
      return json ? try printJSON(results) : try lines(of: results).forEach(printLine)
    }
    var all: [TransferResults] = []
    for seed in seeds.seeds {
      var request = request
      (request.seed, request.out) = (seed, "\(out)/seed-\(seed)")
      request.featuresFolder = out
      if !json { printError("seed \(seed): \(request.out)") }
      all.append(try transfer(request, console: console))
    }
    let seeded = SeededTransfers(all)
    if json { return try printJSON(seeded) }
    try seeded.lines.forEach(printLine)
  }

  private func lines(of results: TransferResults) -> [String] {
    var lines = [""]
    if !results.trials.isEmpty {
      let columns = (results.trialRows.first?.count ?? 1) - 1
      lines += table(results.trialRows, rightAligned: Set(0..<columns)) + [""]
    }
    lines += table(results.resultRows, rightAligned: [1, 2]) + [""]
    if let count = results.testPictures {
      let unreadable = results.testUnreadable ?? 0
      lines.append(
        "test: \(Format.counted(count, "picture", "pictures"))"
          + (unreadable > 0 ? "; \(Format.count(unreadable)) cannot be read" : "")
          + (results.testTop5.map { "; top-5 \(Format.fixed($0, 2)) %" } ?? ""))
    } else {
      lines.append("there were no test pictures; --test names some")
    }
    return lines + ["model: \(results.out)"]
  }
}

/// Which pictures a transfer takes.
struct PictureOptions: ParsableArguments {
  @Option(
    help:
      "The training pictures' split: a CSV's, a folder's subfolder, train of IDX files (default: found)."
  )
  var split: String?

  @Option(help: "The test pictures (default: those that DATA has itself).", completion: .file())
  var test: String?

  @Option(help: "The test pictures' split.")
  var testSplit: String?

  @Option(
    help: .init("Take these classes alone: names, or a file with one a line.", valueName: "a,b,…"))
  var classes: String?

  @Option(
    parsing: .unconditional,
    help: "How many training pictures, drawn by seed, the same from each class (default: all).")
  var labelledCount: Int?

  func apply(to request: inout TransferRequest) throws {
    (request.split, request.test, request.testSplit) = (split, test, testSplit)
    (request.classes, request.labelledCount) = (try classes.map(ClassList.names), labelledCount)
  }
}

/// What a transfer's sweep tries.
struct SweepOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help:
      "How many settings are tried (default: 10); of full, 1 takes the usual ones and holds nothing out."
  )
  var trials: Int?

  @Option(
    help: .init(
      "full: the learning rates (default: 0.01,0.001,0.1,0.003,0.03).", valueName: "a,b,…"))
  var learningRate: NumberList?

  @Option(
    help: .init(
      "The weight decays (default: full 1e-4,1e-3,1e-5; fc as many as trials, from 1 to 1e-5).",
      valueName: "a,b,…"))
  var weightDecay: NumberList?

  @Option(
    help: .init(
      "full: the schedules (default: cosine,steps; steps are a tenth after 3, 6 and 9 tenths).",
      valueName: "a,b,…"))
  var schedule: ScheduleList?

  @Option(
    parsing: .unconditional,
    help: "full: passes over the pictures, in each trial, too (default: 50).")
  var epochs: Int?

  @Option(
    parsing: .unconditional, help: "full: the part that settings are chosen on (default: 0.2).")
  var heldOut: Double?

  @Option(
    name: .customLong("set"),
    help: .init(
      "full: change its training, by the keys of fineTuning.training: batch=128.",
      valueName: "key=value"))
  var settings: [String] = []

  func apply(to request: inout TransferRequest) {
    request.trials = trials
    (request.learningRates, request.weightDecays) = (learningRate?.values, weightDecay?.values)
    request.schedules = schedule?.values
    (request.epochs, request.heldOut, request.settings) = (epochs, heldOut, settings)
  }
}

/// Numbers as an option gives them: 0.1,0.01.
struct NumberList: ExpressibleByArgument {
  let values: [Double]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = parts.compactMap { Double($0) }
    guard values.count == parts.count else { return nil }
  }
}

/// Schedules as an option gives them: cosine,steps.
struct ScheduleList: ExpressibleByArgument {
  let values: [TrainingSettings.Schedule]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = parts.compactMap { TrainingSettings.Schedule(rawValue: String($0)) }
    guard values.count == parts.count, Set(values).count == values.count else { return nil }
  }
}

/// What transfers with several seeds came to.
private struct SeededTransfers: Encodable {
  let seeds: [Int]
  let results: [TransferResults]
  /// Top-1 on the test pictures over the seeds, of the model and of the vote beside it.
  let test: Interval?
  let neighbours: Interval?

  init(_ results: [TransferResults]) {
    (seeds, self.results) = (results.map(\.seed), results)
    test = Interval(of: results.compactMap(\.testTop1))
    neighbours = Interval(of: results.compactMap(\.neighbours.testTop1))
  }

  var lines: [String] {
    func text(_ value: Double?) -> String { value.map { Format.fixed($0, 2) } ?? "-" }
    let names = results.first.map { $0.resultRows.dropFirst().map { $0[0] } } ?? []
    let rows: [(Interval?, [Double?])] = [
      (test, results.map(\.testTop1)), (neighbours, results.map(\.neighbours.testTop1)),
    ]
    guard test != nil else { return ["", "there were no test pictures; --test names some"] }
    let head = ["test %", "mean", "±"] + seeds.map { "seed \($0)" }
    let body = zip(names, rows).map { name, row in
      [name, text(row.0?.mean), text(row.0?.margin)] + row.1.map(text)
    }
    return [""] + table([head] + body, rightAligned: Set(1..<head.count))
      + ["± is half of the 95 % interval of the mean, by Student's t"]
  }
}
