import Files
import Models
import Recipes

/// What a run takes on many machines, stage by stage: `MachinesModel` says by which formulas.
public struct MachinesPlan: Encodable, Equatable, Sendable {
  /// One stage in numbers.
  public struct Stage: Encodable, Equatable, Sendable {
    /// Which stage.
    public let stage: String
    /// How many machines it has work for.
    public let machines: Int
    /// From its start to its end.
    public let seconds: Double
    /// Whether the network or the storage, not the computing, makes it that long.
    public let waitsForPictures: Bool
    /// Hours of one machine.
    public let machineHours: Double
    /// What they cost; nil where no price is given.
    public let price: Double?
    /// What all machines send, read from the common storage and write to it.
    public let networkBytes: Double
    /// Read from the common storage: pictures, or scores.
    public let readBytes: Double
    /// Written to it: scores and contents, the selection, or checkpoints and the model.
    public let writtenBytes: Double
    /// One step of a training.
    public let step: Step?
    /// Shards that are scored.
    public internal(set) var shards: Int?
    /// Those of the machine that has the most.
    public internal(set) var mostShards: Int?
  }

  /// One step of a training.
  public struct Step: Encodable, Equatable, Sendable {
    /// How many machines have pictures.
    public let machines: Int
    /// Pictures of a machine, of the one that has the most.
    public let pictures: Int
    /// Forward and backward, in seconds.
    public let computeSeconds: Double
    /// What each machine sends to sum the gradients.
    public let sentBytes: Double
    /// How long that takes.
    public let reduceSeconds: Double
    /// How much of that the backward pass hides.
    public let hiddenSeconds: Double

    /// All of it.
    public var seconds: Double { computeSeconds + reduceSeconds - hiddenSeconds }
  }

  /// A number of the model and where it comes from.
  public struct Constant: Encodable, Equatable, Sendable {
    /// What it is.
    public let name: String
    /// With its unit.
    public let value: String
    /// Where it comes from.
    public let source: String
  }

  /// How many machines there are.
  public let machines: Int
  /// The stages, in their order.
  public let stages: [Stage]
  /// One after another.
  public let seconds: Double
  /// Hours of one machine, of all stages.
  public let machineHours: Double
  /// What they cost; nil where no price is given.
  public let price: Double?
  /// All that the numbers follow from.
  public let constants: [Constant]
  /// What is left out.
  public let notModelled: [String]

  /// What the two halves of stage 2 are called.
  static let scoring = "scoring"
  static let selecting = "selecting"

  /// The run of `plan` on `machines`, of which this one's matrix products have `speed`.
  init(_ plan: RunPlan, on machines: Machines, measured speed: Double) {
    let model = MachinesModel(machines, measured: speed)
    let recipe = plan.recipe
    let counts = plan.counts
    let shards =
      counts.areCounted
      ? counts.shards
      : max(1, (counts.unlabelled + recipe.data.shardSize - 1) / recipe.data.shardSize)
    var stages: [Stage] = []
    func addRanking(_ teacher: NetworkCost?) {
      let scoreBytes = Double(counts.unlabelled) * plan.scoreRowBytes
      if let teacher {
        stages.append(
          model.scoring(
            pictures: counts.unlabelled, shards: shards, gmac: teacher.gmac,
            parameters: teacher.parameters, bytesPerImage: plan.scoreRowBytes + Self.contentsBytes
          ))
      }
      stages.append(
        model.selecting(
          bytes: scoreBytes, selected: plan.selected,
          dropsCopies: recipe.ranking.duplicates != .keep, selectionBytes: plan.selectionBytes))
    }
    var isRanked = false
    for training in plan.trainings {
      if training.stage.facts.learns == .selected, !isRanked {
        isRanked = true
        if recipe.teacher.kind.isOnFeatures, let teacher = plan.teacher {
          stages.append(model.features(pictures: counts.labelled, gmac: teacher.gmac))
        }
        addRanking(recipe.teacher.kind == .given ? nil : plan.teacher)
      }
      stages.append(
        model.training(training, checkpointsEvery: recipe.checkpoints.everySteps))
    }
    for _ in 1..<max(1, recipe.rounds) {
      addRanking(plan.student)
      stages += plan.trainings.filter(\.isOfEachRound).map {
        model.training($0, checkpointsEvery: recipe.checkpoints.everySteps)
      }
    }
    self.machines = machines.count
    self.stages = stages
    seconds = stages.reduce(0) { $0 + $1.seconds }
    machineHours = stages.reduce(0) { $0 + $1.machineHours }
    price = machines.pricePerHour.map { [machineHours] in $0 * machineHours }
    constants = Self.constants(
      model, measured: speed, shards: shards, areCounted: counts.areCounted)
    notModelled = Self.leftOut
  }

  /// What is noted of each picture that is scored.
  private static let contentsBytes = 56.0

  private static func constants(
    _ model: MachinesModel, measured speed: Double, shards: Int, areCounted: Bool
  ) -> [Constant] {
    let machines = model.machines
    func rate(_ bytes: Double) -> String { "\(Format.significant(bytes / 1e9, 4)) GB/s" }
    func gmac(_ value: Double) -> String { "\(Format.count(value)) GMAC/s" }
    var all: [Constant] = []
    func add(_ name: String, _ value: String, _ source: Machines.Source) {
      all.append(Constant(name: name, value: value, source: source.description))
    }
    if let given = machines.gmacPerSecond {
      add("speed of a machine", gmac(given), .given("--machine-gmac"))
    } else {
      add("matrix products of a machine", gmac(speed), .measuredHere)
      add(
        "share of them in training", Format.fixed(MachinesModel.trainingShare, 2),
        .measured("ResNet-50, 224, bf16, 2 cores: 13.3 img/s of 15.9"))
      add(
        "share of them in scoring", Format.fixed(MachinesModel.scoringShare, 2),
        .measured("the same from JPEG shards: 0.969 of inference, which reaches 0.91"))
    }
    add("network of a machine", rate(machines.network.value), machines.network.source)
    add(
      "a message between machines", "\(Format.fixed(MachinesModel.messageSeconds * 1e6, 0)) µs",
      .assumed("TCP within a data centre"))
    add("bucket of gradients", "25 MiB", .measured("what Halcyon sends at once, as PyTorch does"))
    if let storage = machines.storage { add("common storage", rate(storage.value), storage.source) }
    add(
      "a picture", "\(Format.count(machines.imageBytes.value / 1000)) KB",
      machines.imageBytes.source)
    add(
      "shards", Format.count(shards),
      areCounted ? .measuredHere : .assumed("data.shardSize pictures each"))
    add(
      "reading of score files", rate(MachinesModel.selectingBytesPerSecond),
      .measured("10⁹ pictures with 10 classes each in 10.8 s, 2 cores"))
    add(
      "copies among the selected",
      "\(Format.significant(MachinesModel.secondsPerSelected * 1e6, 2)) µs a picture",
      .measured("52 s for 16 million, 2 cores"))
    if let price = machines.pricePerHour {
      add("an hour of a machine", Format.fixed(price, 2), .given("--price-per-hour"))
    }
    return all
  }

  private static let leftOut = [
    "decoding and augmenting of pictures, where a machine's cores cannot keep up with its network",
    "machines that are slower than others, fail, or wait for a scheduler, and the steps that a restart repeats",
    "evaluation, the index, the report, starting the processes, and the pictures of W and D that are compared",
    "several processes or GPUs a machine: count each as a machine, with its part of the network",
    "a network that gives less than its speed when all send, and money for storage and traffic",
  ]
}
