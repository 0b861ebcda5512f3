import Files
import Foundation
public import Recipes
import SystemPackage
import Torch
import Training

/// What a run would do, and what speaks against it: worked out without allocating a network and, where
/// the recipe says how many pictures there are, without the pictures.
public struct DryRun: Encodable, Sendable {
  /// One training in numbers.
  public struct Training: Encodable, Sendable {
    /// Which stage's.
    public let stage: Stage
    /// What that is called.
    public let title: String
    /// Its network.
    public let model: String
    /// Weights.
    public let parameters: Int
    /// Multiply-adds of one picture's forward pass, in units of 10⁹.
    public let gmac: Double
    /// Pictures of one pass over the data.
    public let pictures: Int
    /// Pictures seen in all.
    public let images: Int
    /// Optimiser steps.
    public let steps: Int
    /// Passes over the data.
    public let passes: Double
    /// Where the learning rate changes its course.
    public let learningRate: [Corner]
    /// Memory of weights, gradients, momenta and one micro-batch's activations, in bytes.
    public let memoryBytes: Double
    /// At this machine's speed.
    public let seconds: Double
    /// Under which key of the recipe it stands.
    public let key: String
    /// Pictures of a step.
    public let batch: Int
    /// The parts of a batch that processes can share.
    public let parts: Int
    /// One checkpoint, in bytes.
    public let checkpointBytes: Double
    /// What of today's options it has besides the paper's settings, such as "mixup 0.1".
    public var options: [String] = []

    private enum CodingKeys: String, CodingKey {
      case title = "stage"
      case model, parameters, gmac, pictures, images, steps, passes, learningRate, memoryBytes
      case seconds, key, batch, parts, checkpointBytes, options
    }
  }

  /// A step and its learning rate.
  public struct Corner: Encodable, Sendable {
    /// The step, counted from 0.
    public let step: Int
    /// The rate of that step.
    public let rate: Double
  }

  /// How far a stage of a begun run is.
  public struct Progress: Encodable, Sendable {
    /// Which stage.
    public let stage: Stage
    /// What that is called.
    public let title: String
    /// Whether it is finished.
    public let done: Bool
    /// The step, or the scored shard, that it goes on after; 0 at the start.
    public let step: Int
    /// How many there are.
    public let steps: Int
    /// What is left of it, at this machine's speed.
    public let secondsLeft: Double

    private enum CodingKeys: String, CodingKey {
      case title = "stage"
      case done, step, steps, secondsLeft
    }
  }

  /// Classes; nil, as the next ones, where the pictures cannot be opened.
  public private(set) var classes: Int?
  /// Pictures of D.
  public private(set) var labelledImages: Int?
  /// Pictures of U.
  public private(set) var unlabelledImages: Int?
  /// Examples of W; nil, as the next one, without stage 0.
  public private(set) var taggedImages: Int?
  /// The classes that the tags of W are.
  public private(set) var tagClasses: Int?
  /// The most that D̂ can hold.
  public private(set) var selectedAtMost: Int?
  /// The trainings, in their order.
  public private(set) var trainings: [Training] = []
  /// How the teacher comes about: trained, linear, knn or given.
  public private(set) var teacherKind: String?
  /// The frozen teacher's pass over D, in seconds at this machine's speed; nil where it is trained or there
  /// is none.
  public private(set) var featureSeconds: Double?
  /// Scoring U, in seconds at this machine's speed; 0 where scores are given.
  public private(set) var scoringSeconds: Double?
  /// Rounds after the first; nil where there are none.
  public private(set) var laterRounds: Int?
  /// Each of them: scoring U with the student, selecting and both of its trainings.
  public private(set) var roundSeconds: Double?
  /// All trainings and the scoring, of all rounds.
  public private(set) var totalSeconds: Double?
  /// How far the stages of a begun run are; empty where none was begun.
  public private(set) var progress: [Progress] = []
  /// What is left of all that.
  public private(set) var secondsLeft: Double?
  /// What the run directory will hold at most, in bytes.
  public private(set) var diskBytes: Double?
  /// What a cache of U's pictures costs and saves; nil where they are no larger than its copies, or not
  /// there.
  public private(set) var cache: Cache?
  /// The memory that this process could have, in bytes.
  public private(set) var machineMemoryBytes: Double?
  /// The speed that times are worked out with, in 10⁹ multiply-adds a second.
  public private(set) var machineGmacPerSecond: Double?
  /// The same on many machines; nil where that was not asked for.
  public private(set) var machines: MachinesPlan?
  /// What computes, and how.
  public private(set) var device: String?
  /// The precision.
  public private(set) var precision: String?
  /// What networks start from, in words, by the keys that name it.
  public private(set) var startingWeights: [String: String] = [:]
  /// Why the run cannot be made.
  public private(set) var problems: [Problem] = []
  /// What the user should know before it starts, and which key mends it.
  public private(set) var warnings: [String] = []

  /// Works out the recipe of `reading`, whose run is or will be kept in `directory`; with `redoing`, what
  /// was made otherwise there is made again. With `machines` it is worked out for them, too.
  /// - Throws: `Stopped`, `TorchError`; what is wrong with the run is in `problems`.
  public init(
    _ reading: RecipeReading, directory path: String? = nil, redoing: Bool = false,
    on machines: Machines? = nil
  ) throws {
    let recipe = reading.recipe
    var preflight = Preflight(reading.problems)
    let directory = try path.flatMap { path in
      let directory = RunDirectory(path: path)
      return try preflight.attempt("--out") { try directory.holdsRun() } == true ? directory : nil
    }
    let device = try preflight.attempt("device") { try Run.device(recipe.device) }
    let counts = try DataCounts(
      recipe, in: directory, device: device, redoing: redoing, noting: &preflight)
    startingWeights = preflight.startingWeights
    if let counts, let device, preflight.problems.isEmpty {
      let precision = Run.precision(recipe.precision, on: device)
      let speed = try machineSpeed(device, precision)
      self.device = device.kind.rawValue
      self.precision = precision.rawValue
      machineGmacPerSecond = speed
      let limit = Memory.limit
      machineMemoryBytes = device == .cpu && limit.isFinite ? limit : nil
      let plan = try preflight.attempt("recipe") {
        try RunPlan(recipe, counts, precision: precision, gmacPerSecond: speed)
      }
      if let plan {
        take(plan, counts)
        self.machines = machines.map { MachinesPlan(plan, on: $0, measured: speed) }
        for training in trainings {
          guard let count = machines?.count, training.parts % count != 0 else { continue }
          let divides = training.batch % count == 0
          preflight.warn(
            "\(training.title): a batch of \(Format.counted(training.parts, "part", "parts")) cannot be shared by "
              + "\(Format.count(count)) machines; "
              + (divides
                ? "set \(training.key).accumulate to a multiple of \(count) that divides its batch, "
                  + Format.count(training.batch)
                : "its batch of \(Format.count(training.batch)) pictures cannot, either: give it a multiple of \(count)"),
            key: "\(training.key).\(divides ? "accumulate" : "batch")")
        }
        if let directory { try take(directory, recipe, counts) }
        plan.warn(&preflight)
        for training in trainings where !counts.areCounted {
          guard let machineMemoryBytes, 0.9 * training.memoryBytes > machineMemoryBytes else {
            continue
          }
          preflight.warn(
            "\(training.title) takes some \(Format.bytes(training.memoryBytes)), and this machine has "
              + "\(Format.bytes(machineMemoryBytes)); raise \(training.key).accumulate, or run it "
              + "elsewhere",
            key: "\(training.key).accumulate")
        }
      }
    }
    problems = preflight.problems
    warnings = preflight.warnings.map(\.message)
  }

  private mutating func take(_ plan: RunPlan, _ counts: DataCounts) {
    classes = counts.classes
    labelledImages = counts.labelled
    unlabelledImages = counts.unlabelled
    let tagged = counts.learned[.pretraining]
    (taggedImages, tagClasses) = (tagged?.images, tagged?.classes)
    selectedAtMost = plan.selected
    trainings = plan.trainings
    scoringSeconds = plan.scoringSeconds
    teacherKind = plan.recipe.teacher.kind.rawValue
    featureSeconds = plan.featureSeconds
    let later = max(1, plan.recipe.rounds) - 1
    (laterRounds, roundSeconds) = later > 0 ? (later, plan.roundSeconds) : (nil, nil)
    totalSeconds = plan.trainings.reduce(
      plan.scoringSeconds + (plan.featureSeconds ?? 0) + Double(later) * plan.roundSeconds
    ) { $0 + $1.seconds }
    diskBytes = plan.diskBytes
    // What learns from selected pictures reads them from a cache.
    let images = trainings.filter { plan.recipe.learnsSelected($0.stage) }
      .reduce(0) { $0 + $1.images }
    cache = counts.cache.map {
      Cache($0, plan.recipe, unlabelled: counts.unlabelled, images: images)
    }
  }

  /// Looks at how far the run in `directory` is.
  private mutating func take(
    _ directory: RunDirectory, _ recipe: Recipe, _ counts: DataCounts
  ) throws {
    var left = 0.0
    for stage in Stage.allCases where recipe.includes(stage) {
      let folder = directory.folder(of: stage)
      var isDone = false
      if !counts.redone.contains(stage),
        case .done = try StageMarker.state(of: stage, in: folder, for: recipe)
      {
        isDone = true
      }
      let training = trainings.first { $0.stage == stage }
      // A frozen teacher is one step.
      let isRanking = stage == .ranking
      let steps = training?.steps ?? (isRanking ? counts.shards : 1)
      let step =
        isRanking
        ? directory.scoredShards
        : training == nil ? 0 : directory.newestCheckpoint(of: stage, recipe)
      let others = stage == .teacher ? featureSeconds : nil
      let seconds = training?.seconds ?? (isRanking ? scoringSeconds : others) ?? 0
      let part = isDone ? 0 : 1 - Double(min(step, steps)) / Double(max(steps, 1))
      left += part * seconds
      progress.append(
        Progress(
          stage: stage, title: stage.title, done: isDone, step: isDone ? steps : step, steps: steps,
          secondsLeft: part * seconds))
    }
    for number in 0..<(laterRounds ?? 0)
    where !directory.round(number + 2).isFinished(.fineTuning) { left += roundSeconds ?? 0 }
    secondsLeft = left
  }
}

extension RunDirectory {
  /// How many shards have scores.
  fileprivate var scoredShards: Int {
    let names = (try? FilePath(text: scoresFolder).names()) ?? []
    return names.count { $0.hasSuffix(".json") }
  }

  /// The step of the newest checkpoint of the stage; 0 where there is none of this recipe.
  fileprivate func newestCheckpoint(of stage: Stage, _ recipe: Recipe) -> Int {
    CheckpointFolder.newestStep(
      in: checkpointsFolder(of: stage), stageHash: recipe.stageHash(stage))
  }
}
