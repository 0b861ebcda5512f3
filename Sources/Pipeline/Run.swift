import Files
import Foundation
import ImageData
import Models
public import Recipes
public import Terminal
public import Torch
public import Training

/// One run: a recipe, its directory, its data, and what computes.
///
/// The stages are called on it, one after the other or alone; each finds what earlier ones left in
/// the directory.
///
/// ```swift
/// let run = try Run(recipe: Recipe(contentsOf: "recipe.yaml"), directory: "runs/birds")
/// let summary = try run.allStages()
/// ```
public final class Run {
  /// What is to be done.
  public let recipe: Recipe
  /// Where everything is kept.
  public let directory: RunDirectory
  /// What computes.
  public let device: Device
  /// In which precision.
  public let precision: Precision
  let workers: Int
  let console: Console
  let log: EventLog
  let data: RunData
  /// The labelled, validation and test pictures, by what they show.
  let known: KnownImages
  /// What this start finds that results depend on.
  let inputs: RunInputs
  /// What says whether a step of a training may be taken.
  let stepGuard: any StepGuard
  /// Whether results of another recipe are to be replaced.
  let isRedoing: Bool
  /// The processes that work on this run together.
  let group: any ProcessGroup
  /// Whether this process does something while the others of the group wait.
  var isOneAtWork = false
  private let lock: RunLock?

  /// How a process works on a run's directory.
  public enum Access: Sendable {
    /// By itself.
    case alone
    /// Beside other processes that score the same run.
    case shared
    /// Without changing anything, whoever is at work.
    case reading
    /// As one of a group's processes, of which the first has the directory.
    case member
  }

  /// Opens the run's directory and data; nothing is computed yet. With `redoing`, stages that another
  /// recipe made are removed, to be run again; only those of `remade`, by default the computed ones, and
  /// what is made of them. Without `needsImages`, pictures that are gone and a
  /// U that has changed are no error: what the directory remembers of them stands in. Of the stages to
  /// be computed, `computed`, also the device and the precision are compared with those that they were
  /// begun with.
  /// - Throws: `PipelineError` when another process has the directory, when the recipe asks for
  ///   what is not there, or when the data cannot be used.
  public convenience init(
    recipe: Recipe, directory path: String, redoing: Bool = false, needsImages: Bool = true,
    computing computed: Set<Stage> = Set(Stage.allCases), remaking remade: Set<Stage>? = nil,
    access: Access = .alone, console: Console = Console()
  ) throws {
    try self.init(
      RecipeReading(of: recipe), directory: path, redoing: redoing, needsImages: needsImages,
      computing: computed, remaking: remade, access: access, console: console)
  }

  /// Opens a run of a recipe that was read, whose problems are then listed with all the others.
  /// `stepGuard` says whether a step of a training may be taken; the processes of `group` work on the run together, each of
  /// which opens it.
  /// - Throws: As `init(recipe:directory:)`.
  public init(
    _ reading: RecipeReading, directory path: String, redoing: Bool = false,
    needsImages: Bool = true, computing computed: Set<Stage> = Set(Stage.allCases),
    remaking remade: Set<Stage>? = nil, access: Access = .alone,
    stepGuard: any StepGuard = FiniteSteps(), group: any ProcessGroup = SingleProcess(),
    console: Console = Console()
  ) throws {
    recipe = reading.recipe
    self.group = group
    let members = group as? DistributedGroup
    let isMember = group.rank > 0
    let console = isMember ? .silent : console
    self.console = console
    let access = isMember ? .member : access
    // What the first process has looked at, indexed and written, the others find.
    if isMember { _ = try members?.fromFirst { Data() } }
    let cores = members?.share(ofCores: Threads.cores) ?? Threads.cores
    workers = recipe.workers > 0 ? recipe.workers : cores
    directory = RunDirectory(path: path)
    isRedoing = redoing
    self.stepGuard = stepGuard
    // First what can be refused by looking; nothing is written before.
    let claim = try RunClaim(directory, access: access)
    let warnings: [String]
    let isComputing = access == .alone && !computed.isEmpty
    do {
      let opened = try Self.open(
        reading,
        Opening(
          claim: claim, workers: workers, console: console, redoing: redoing,
          needsImages: needsImages, computed: computed, remade: remade ?? computed,
          access: access, processes: group.size))
      (data, known, inputs) = (opened.data, opened.known, opened.inputs)
      (device, precision) = (opened.device, opened.precision)
      warnings = opened.warnings
      try Self.requireDevice(device, for: group)
    } catch {
      if let index = claim.withdraw() {
        console.say("\(index) is kept: a later start need not index again")
      }
      throw error
    }
    lock = claim.lock
    try Libtorch.setThreads(recipe.threads.most(ofCores: cores))
    Libtorch.keepMemory()
    log = try EventLog(path: directory.logPath, shared: access != .alone)
    if isComputing { try log.append("opened", ["warnings": .integer(warnings.count)]) }
    for warning in warnings { try log.append("warning", ["message": .text(warning)]) }
    if let members, !isMember {
      console.note(members.title)
      _ = try members.fromFirst { Data([1]) }
    }
    try requireSameWork()
  }

  static func device(_ choice: Recipe.DeviceChoice) throws -> Device {
    switch choice {
    case .cpu: return .cpu
    case .auto: return Device.available.contains(.cuda) ? .cuda : .cpu
    case .cuda:
      guard Device.available.contains(.cuda) else {
        throw PipelineError.usage(
          "device: cuda, but this libtorch finds no CUDA device; `halcyon doctor` says more")
      }
      return .cuda
    }
  }

  static func precision(_ choice: Recipe.PrecisionChoice, on device: Device) -> Precision {
    switch choice {
    case .auto: Precision.best(on: device)
    case .bf16: .bf16
    case .float32: .float32
    }
  }

  /// In which precision the teacher scores.
  var scoringPrecision: Precision { recipe.scoringPrecision(beside: precision) }

  /// The seed of one stage: different stages draw different numbers from the recipe's one seed.
  func seed(_ stage: Stage) -> UInt64 {
    let name = Checksum.sha256(Data(stage.rawValue.utf8)).prefix(16)
    return Hash.mix(UInt64(bitPattern: Int64(recipe.seed)), UInt64(name, radix: 16) ?? 0, 0)
  }

  /// How many pictures may be unreadable in the training of a stage.
  func unreadableLimit(of dataset: any ImageDataset, in stage: Stage) -> BadSamples.Limit {
    guard !recipe.learnsSelected(stage), unreadableLimit != .none else { return unreadableLimit }
    // D was judged whole when the run was opened; a part of it may have more than its share.
    let known = Double(unreadableTrained) / Double(max(1, dataset.count))
    return BadSamples.Limit(
      fraction: max(unreadableLimit.fraction, known), afterTried: .max)
  }

  /// Where a stage notes the pictures it cannot read.
  func badSamplesPath(of stage: Stage) -> String {
    "\(directory.folder(of: stage))/bad-samples.csv"
  }

  /// How many of the pictures of D that are trained on could not be read when the run was opened.
  var unreadableTrained: Int {
    let heldOut = data.isValidationHeldOut ? unreadableCount(of: "validation") : 0
    return unreadableCount(of: "labelled") - heldOut
  }

  /// How many pictures of a set could not be read then.
  func unreadableCount(of set: String) -> Int {
    known.unreadable.sets.first { $0.set == set }?.count ?? 0
  }

  /// How many unreadable pictures are too many.
  var unreadableLimit: BadSamples.Limit { recipe.data.limitOfUnreadable }

  /// What an evaluation or a scoring runs with.
  func runtime(batch: Int, setBy key: String) -> Runtime {
    var runtime = Runtime(device: device, precision: precision, workers: workers, batch: batch)
    (runtime.batchKey, runtime.precisionKey) = (key, "--set precision=float32")
    (runtime.threads, runtime.threadsKey) = (recipe.threads, "--set threads=1")
    runtime.say = console.say
    runtime.maxPixels = recipe.data.maxPixels
    if !isOneAtWork { runtime.group = group }
    return runtime
  }

  /// What a training and its evaluations run with.
  var evaluationRuntime: Runtime {
    runtime(batch: recipe.evaluation.batch, setBy: "evaluation.batch")
  }

  /// What a scoring runs with, in int8 with the teacher's `calibration`.
  func scoringRuntime(_ calibration: Calibration?) -> Runtime {
    var runtime = runtime(batch: recipe.ranking.batch, setBy: "ranking.batch")
    runtime.precision = scoringPrecision
    runtime.precisionKey = "--set ranking.precision=float32"
    runtime.ranges = calibration?.ranges
    return runtime
  }

  /// All four stages, the baselines, the summary and the report.
  /// - Throws: `PipelineError`; run again to go on from where it stopped.
  @discardableResult
  public func allStages() throws -> Summary {
    for stage in Stage.allCases where recipe.includes(stage) { try stage.facts.perform(self) }
    try laterRounds()
    return try decidedByFirst { try Summarize.perform(in: self) }
  }
}

extension Recipe {
  /// In which precision the teacher scores where all else is computed in `other`.
  func scoringPrecision(beside other: Precision) -> Precision {
    switch ranking.precision {
    case .auto: other
    case .bf16: .bf16
    case .float32: .float32
    case .int8: .int8
    }
  }
}

extension Recipe.Data {
  /// How many unreadable pictures are too many.
  var limitOfUnreadable: BadSamples.Limit {
    unreadableLimit < 1 ? BadSamples.Limit(fraction: unreadableLimit) : .none
  }
}
