import Files
import Foundation
import Models
import Recipes
import Torch
import Training

/// How much memory there is, in bytes: what this process may have, not only what the machine has.
enum Memory {
  /// The most that this process could ever have: memory and swap, or the control group's or the
  /// process's own limit where that is less.
  static var limit: Double {
    let machine = (field("MemTotal") ?? .infinity) + (field("SwapTotal") ?? 0)
    return [machine, controlGroup("memory.max"), addressSpace?.limit].compactMap { $0 }
      .min() ?? .infinity
  }

  /// What this process can still get now.
  static var free: Double {
    var free = (field("MemAvailable") ?? .infinity) + (field("SwapFree") ?? 0)
    if let most = controlGroup("memory.max"), let used = controlGroup("memory.current") {
      free = min(free, most - used)
    }
    if let space = addressSpace { free = min(free, space.limit - space.used - threadsSpace) }
    return max(free, 0)
  }

  /// The address space that threads which are still to be started reserve for what they allocate: 64 MiB each,
  /// most of which is never used.
  private static let threadsSpace = 2.0 * 64 * 1024 * 1024

  private static func field(_ name: String, of file: String = "/proc/meminfo") -> Double? {
    guard let text = try? String(contentsOfFile: file, encoding: .utf8),
      let line = text.split(separator: "\n").first(where: { $0.hasPrefix("\(name):") })
    else { return nil }
    return line.split(separator: " ").compactMap { Double($0) }.first.map { $0 * 1024 }
  }

  private static func controlGroup(_ file: String) -> Double? {
    (try? String(contentsOfFile: "/sys/fs/cgroup/\(file)", encoding: .utf8))
      .flatMap { Double($0.trimmingCharacters(in: .whitespacesAndNewlines)) }
  }

  private static var addressSpace: (limit: Double, used: Double)? {
    var limits = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limits) == 0, limits.rlim_cur != .max
    else { return nil }
    return (Double(limits.rlim_cur), field("VmSize", of: "/proc/self/status") ?? 0)
  }
}

/// What training a network takes, in bytes.
struct TrainingMemory {
  /// Weights, gradients, momenta, bf16 copies of the weights, and their average where there is one.
  let fixed: Double
  /// The activations of one picture that a backward pass needs.
  let savedPerImage: Double
  /// One picture's peak: what is saved, the picture itself on its way to the network, and what is
  /// computed at the largest activation; measured growths lie at 0.75 to 1 of it.
  let perImage: Double

  init(
    _ cost: NetworkCost, size: Int, channels: Int, precision: Precision,
    _ training: Recipe.Training = .supervised, processes: Int = 1
  ) {
    let elementBytes = precision == .bf16 ? 2.0 : 4.0
    let momenta = 4 * Double(Optimizers.momenta(of: training.optimizer))
    let copies =
      4 + 4 * Self.gradients(of: training, processes: processes) + momenta
      + (precision == .bf16 ? 2 : 0) + (training.ema > 0 ? 4 : 0)
    fixed = Double(cost.parameters) * copies
    savedPerImage = Double(cost.savedElements) * elementBytes
    perImage =
      savedPerImage + 4 * Double(cost.largestActivation) * elementBytes
      + 4 * 4 * Double(size * size * channels)
  }
}

extension TrainingMemory {
  /// How many sets of gradients a process holds: one a replica, with those of rounds whose sums wait for their
  /// neighbours' (`PartSums`), and one that is sent to others.
  private static func gradients(of training: Recipe.Training, processes: Int) -> Double {
    let accumulate = max(1, training.accumulate)
    let powerOf2 = accumulate & -accumulate
    let sums = accumulate == powerOf2 ? max(1, accumulate / 2) : powerOf2
    let replicas = training.syncBatchNorm ? 1 : max(1, training.replicas / max(1, processes))
    return Double(replicas * (1 + sums.trailingZeroBitCount) + (processes > 1 ? 1 : 0))
  }
}

/// A training as far as its memory goes.
struct TrainingRoom {
  let stage: Stage
  let training: Recipe.Training
  let options: NetworkOptions
  let size: Int
  let precision: Precision
  /// How many processes share the replicas.
  var processes = 1

  /// How many pictures a process computes at once.
  var microBatch: Int {
    training.batch / training.accumulate / max(1, min(processes, training.replicas))
  }

  /// What it takes with pictures of `size` × `size`.
  func memory(size: Int) throws -> TrainingMemory {
    TrainingMemory(
      try ModelCatalog.cost(options, size: size), size: size, channels: options.inputChannels,
      precision: precision, training, processes: processes)
  }

  /// Why the training is refused on `device` before it begins; nil where it may be tried.
  ///
  /// A Linux machine hands out more memory than it has and kills who uses it, so what needs more than
  /// all of it is not tried.
  func refusal(on device: Device) throws -> PipelineError? {
    let needed = try memory(size: size)
    let total = needed.fixed + needed.savedPerImage * Double(microBatch)
    guard device == .cpu, 0.9 * total > Memory.limit else { return nil }
    let reason = "it takes some \(Format.bytes(total)) of \(Format.bytes(Memory.limit))"
    return try shortage(free: Memory.free - needed.fixed, reason)
  }

  /// The error that says which batch and which crop would fit into `free` bytes; where nobody knows
  /// how much there is, half of what was tried.
  func shortage(free: Double?, _ reason: String) throws -> PipelineError {
    let batch = training.batch
    let perImage = try memory(size: size).perImage
    // Half is left for what is not counted: buffers of kernels, gaps of the allocator.
    let room = free.map { 0.5 * $0 } ?? perImage * Double(microBatch) / 2
    let key = "\(stage.recipeKey).training.accumulate"
    var advice: [String] = []
    let parts = (training.accumulate...max(batch, training.accumulate)).first {
      batch % $0 == 0 && batch / $0 > 1 && Double(batch / $0) * perImage <= room
        && batch / $0 < microBatch
    }
    if let parts { advice.append("\(key)=\(parts) (micro-batch \(batch / parts))") }
    let crop = try stride(from: size - 1, through: 8, by: -1).first { side in
      // Sides of round numbers, which the strides of a network divide.
      guard side % (side > 64 ? 32 : 4) == 0 else { return false }
      return try memory(size: side).perImage * Double(microBatch) <= room
    }
    if let crop { advice.append("input.size=\(crop)") }
    let fits =
      advice.isEmpty
      ? "no batch of it fits; take a smaller network"
      : "\(advice.joined(separator: " or ")) would fit: run again with --redo --set …"
    return .memory(
      "\(stage.title): not enough memory for \(microBatch) pictures of \(size) × \(size) at "
        + "once (\(reason)); \(fits)")
  }
}

extension Run {
  /// Does `work`, which is the training `job` of a stage; where memory does not suffice for it, says what would fit.
  func fittingMemory<Value>(
    _ stage: Stage, _ job: TrainingJob, _ options: NetworkOptions, _ work: () throws -> Value
  ) throws -> Value {
    let room = TrainingRoom(
      stage: stage, training: job.settings, options: options, size: recipe.input.size,
      precision: precision, processes: group.size)
    if let refusal = try room.refusal(on: device) { throw refusal }
    let needed = try room.memory(size: recipe.input.size)
    // Gaps in kept memory take up to as much again: only where there is plenty.
    let most = needed.fixed + needed.perImage * Double(room.microBatch)
    Libtorch.keepMemory(2 * most < Memory.free)
    do {
      return try work()
    } catch let error as TorchError where error.kind == .outOfMemory {
      throw try room.shortage(free: device == .cpu ? Memory.free : nil, "\(error)")
    }
  }
}
