import Files
import Foundation
import ImageData
public import Models
public import Torch

/// One network to train: on what, and how.
public struct TrainingJob {
  /// What it is called in messages.
  public var title: String
  /// The network, with its first weights.
  public var network: any Network
  /// What it learns from.
  public var examples: Examples
  /// What it learns beside these from pictures without labels; nil for nothing. A batch then has one example for so
  /// many of them as the settings say, and so has a pass.
  public var consistency: Consistency?
  /// Whose probabilities it learns in place of its examples' labels; nil for the labels.
  public var teaching: Teaching?
  /// What it is measured on while it learns; nil measures nothing.
  public var validation: Examples?
  /// How it is trained.
  public var settings: TrainingSettings
  /// What the network sees of a picture.
  public var input: ImageInput
  /// Everything random in this training follows from it.
  public var seed: UInt64
  /// After how many images it is measured; nil measures it at the end only.
  public var measuredEvery: Int?
  /// What says whether a step may be taken.
  public var stepGuard: any StepGuard = FiniteSteps()
  /// Makes the optimiser of the trained parameters; nil makes the one that `settings` name.
  public var makeOptimizer: (([ParameterStore.Named]) throws -> any Optimizer)?

  /// The training of `network` on `examples`.
  public init(
    _ network: any Network, on examples: Examples, _ settings: TrainingSettings,
    input: ImageInput, validation: Examples? = nil, seed: UInt64 = 0, title: String = "training"
  ) {
    self.network = network
    self.examples = examples
    self.settings = settings
    self.input = input
    self.validation = validation
    self.seed = seed
    self.title = title
  }
}

/// What a finished training reports.
public struct TrainingResult: Sendable {
  /// How many images it saw, over all resumptions.
  public let imagesSeen: Int
  /// The seconds it took, over all resumptions.
  public let seconds: Double
  /// How many pictures could not be read since it last went on; others stood in for them.
  public let unreadable: Int
  /// How many threads shared each operation, whose order of adding the weights' last bits depend on; nil
  /// where they depend on no number of threads: in `replicas`, and on other devices than CPUs.
  public let threads: Int?
}

// MARK: - What the loop needs of a job

extension TrainingJob {
  /// The parameters that are trained, which gradients flow to.
  private func trainedParameters() throws -> [ParameterStore.Named] {
    let lastLayer = type(of: network).lastLayer
    let all = network.weights.parameters
    let trained = all.filter { !settings.freezeBackbone || $0.name.hasPrefix(lastLayer) }
    let names = Set(trained.map(\.name))
    for (name, tensor) in all { try tensor.setRequiresGradient(names.contains(name)) }
    return trained
  }

  /// The optimiser, whose momenta are zero.
  func optimizer() throws -> any Optimizer {
    let trained = try trainedParameters()
    return try makeOptimizer?(trained) ?? Optimizers.make(settings, for: trained, of: network)
  }

  /// The moving average of the network's weights and statistics, where the settings ask for it.
  func weightAverage() throws -> WeightAverage? {
    guard settings.ema > 0 else { return nil }
    return try WeightAverage(
      of: network.weights.state, decay: settings.ema, hasWarmUp: settings.emaWarmUp)
  }

  /// - Throws: `TrainingError.usage` where the group or the device is none that several processes train with.
  func requireGroup(_ runtime: Runtime) throws {
    guard runtime.group.size > 1 else { return }
    guard runtime.distributed != nil else {
      throw TrainingError.usage(
        "\(title): train computes in a DistributedGroup or in one process; with a group of another kind, a loop "
          + "of one's own gives each its part of the pictures and calls optimizer.averageGradients(over:)"
      )
    }
    guard runtime.device == .cpu else {
      throw TrainingError.usage(
        "\(title): \(runtime.group.size) processes on \(runtime.device) need NCCL, which is not built; take "
          + "one process, or the CPU")
    }
  }

  /// What the processes of a group must have alike, so that they train one network.
  func facts(_ runtime: Runtime) throws -> [String: String] {
    let weights = network.weights.state.map { "\($0.name) \($0.tensor.shape)" }
    return [
      "settings": "\(settings)", "seed": "\(seed)", "pictures": "\(pictureCount)",
      "consistency": "\(consistency?.settings as Any)",
      "teacher": try teaching?.identity ?? "none",
      "labels": "\(examples.labelsSHA256) \(examples.beside as Any)", "input": "\(input)",
      "precision": runtime.precision.rawValue,
      "network": Checksum.sha256(Data(weights.joined(separator: "\n").utf8)),
    ]
  }

  /// Which picture is seen when.
  var order: any SampleOrder {
    guard let beside = examples.beside else { return order(of: 0..<examples.count, seed) }
    return MixedOrder(
      order(of: 0..<beside.first, seed),
      order(of: beside.first..<examples.count, ~seed), from: beside.first, share: beside.share)
  }

  private func order(of range: Range<Int>, _ seed: UInt64) -> any SampleOrder {
    switch settings.order {
    case .uniform: ShuffledOrder(count: range.count, seed: seed)
    case .classBalanced: ClassBalancedOrder(examples, in: range, seed: seed)
    case .squareRoot: ClassBalancedOrder(examples, in: range, exponent: 0.5, seed: seed)
    }
  }

  /// What the loss compares logits with, on `device`.
  func targets(_ order: any SampleOrder, on device: Device = .cpu) -> Targets {
    Targets(
      examples, loss: settings.loss, smoothing: settings.labelSmoothing,
      threshold: settings.targetThreshold, order: order, seed: seed, device: device)
  }

  /// The pass of the micro-batch `part` of the step `step`. In training mode a frozen network would go on
  /// changing its batch statistics.
  func pass(_ runtime: Runtime, step: Int, part: Int) -> Pass {
    let precision = runtime.precision
    guard !settings.freezeBackbone else { return Pass(.evaluation, precision: precision) }
    let drop = DropPath(
      rate: settings.dropPath, seed: Hash.mix(seed, UInt64(step), UInt64(part)))
    return Pass(
      .training, precision: precision, dropPath: settings.dropPath > 0 ? drop : nil,
      synced: settings.syncBatchNorm ? runtime.distributed : nil)
  }

}
