import Files

/// What stages take on N machines: the formulas, each with the numbers that it wants.
///
/// One process computes on each machine. g are 10⁹ multiply-adds of a picture's forward pass, s those a second
/// that a machine reaches, β the bytes a second of its network, λ the time of one message, σ the bytes a second of
/// the storage, p the bytes of a picture, P the network's parameters (4 bytes each).
///
/// **Training**, of steps of B pictures, on n = min(N, B) machines:
///
///     compute    c = 3 g ⌈B/n⌉ / s          a backward pass is two forward ones; the slowest has ⌈B/n⌉ pictures
///     all-reduce r = 2 (n−1)/n · 4P / β + k m λ              in k buckets of 25 MiB
///     messages   m = 2 log₂ n of 2ʲ machines, in pairs; 2 (n−1) by ring
///     hidden     h = min((1 − 1/k) r, ⅔ c)  all buckets but the last, while the backward pass goes on
///     step       c + r − h
///     reading    max(steps (B p / (n β) + r), steps B p / σ)     pictures and gradients share the network
///     stage      max(steps · step, reading) + checkpoints · bytes of one / β
///
/// (Thakur, Rabenseifner and Gropp, 2005, DOI 10.1177/1094342005051521, for pairs; Patarasuk and Yuan, 2009,
/// DOI 10.1016/j.jpdc.2008.09.002, for the ring; Li et al., 2020, arXiv:2006.15704, for
/// buckets of 25 MiB.)
///
/// **Scoring** U pictures in S shards: the machine with the most has ⌈S/N⌉ of them,
/// max(⌈S/N⌉ (U/S) g / s, U p / (N β), U p / σ).
///
/// **Selecting**: one machine reads the score files, of 8 bytes a picture and 6 a class of it (8 of 65,535 classes
/// and more), and looks at candidates for copies: max(bytes / 6.3 GB/s, bytes / β, bytes / σ) + 3.25 µs · selected.
struct MachinesModel {
  let machines: Machines
  /// What a machine reaches in training and in scoring, in 10⁹ multiply-adds a second.
  let trainingSpeed: Double
  let scoringSpeed: Double

  /// Of a matrix product's speed: ResNet-50, 224, batch 32, bf16 on 2 cores of a Zen 4 server trains at 13.3
  /// pictures a second, 3 · 4.09 · 13.3 = 163 of 195 GMAC/s.
  static let trainingShare = 0.84
  /// The same network's inference reaches 0.91, and scoring from JPEG shards 0.969 of that.
  static let scoringShare = 0.88
  /// 68 GB of scores, of 10⁹ pictures with 10 classes each, in 10.8 s on 2 cores.
  static let selectingBytesPerSecond = 6.3e9
  /// The same with near copies dropped takes 63 s: 52 s more for 16 million selected pictures.
  static let secondsPerSelected = 52.0 / 16e6
  /// How many bytes of gradients are reduced at once.
  static let bucketBytes = Double(25 << 20)
  /// The time of one message between machines, in seconds.
  static let messageSeconds = 50e-6

  /// Machines of which this one's matrix products have `speed`.
  init(_ machines: Machines, measured speed: Double) {
    self.machines = machines
    trainingSpeed = machines.gmacPerSecond ?? Self.trainingShare * speed
    scoringSpeed = machines.gmacPerSecond ?? Self.scoringShare * speed
  }

  /// A step of a training of `batch` pictures, on all machines or as many as there are pictures.
  func step(batch: Int, gmac: Double, parameters: Int) -> MachinesPlan.Step {
    let count = max(1, min(machines.count, batch))
    let pictures = (batch + count - 1) / count
    let compute = 3 * gmac * Double(pictures) / trainingSpeed
    let gradients = 4 * Double(parameters)
    let others = Double(count - 1)
    let sent = 2 * others / Double(count) * gradients
    let buckets = max(1, (gradients / Self.bucketBytes).rounded(.up))
    let reduce =
      sent / machines.network.value + buckets * Self.messages(among: count) * Self.messageSeconds
    let hidden = min((1 - 1 / buckets) * reduce, compute * 2 / 3)
    return MachinesPlan.Step(
      machines: count, pictures: pictures, computeSeconds: compute, sentBytes: sent,
      reduceSeconds: reduce, hiddenSeconds: hidden)
  }

  /// How many messages a machine sends one after the other in a sum.
  private static func messages(among count: Int) -> Double {
    let isPowerOf2 = count.nonzeroBitCount == 1
    return 2 * Double(isPowerOf2 ? count.trailingZeroBitCount : count - 1)
  }

  /// A training of `steps` such steps, that reads and keeps what `training` says.
  func training(_ training: DryRun.Training, checkpointsEvery interval: Int) -> MachinesPlan.Stage {
    let step = step(
      batch: training.batch, gmac: training.gmac, parameters: training.parameters)
    let steps = Double(training.steps)
    let read = steps * Double(training.batch) * machines.imageBytes.value
    let count = Double(step.machines)
    let checkpoints = Double(training.steps / max(1, interval) + 1)
    let written = checkpoints * training.checkpointBytes + 4 * Double(training.parameters)
    let reading = max(
      read / (count * machines.network.value) + steps * step.reduceSeconds,
      read / (machines.storage?.value ?? .infinity))
    let stepping = steps * step.seconds
    return stage(
      training.title, on: step.machines,
      seconds: max(stepping, reading) + written / machines.network.value,
      isReading: reading > stepping, read: read, written: written,
      sent: steps * count * step.sentBytes + (count - 1) * 4 * Double(training.parameters),
      step: step)
  }

  /// The scoring of `pictures` in `shards`.
  func scoring(
    pictures: Int, shards: Int, gmac: Double, parameters: Int, bytesPerImage: Double
  ) -> MachinesPlan.Stage {
    let count = max(1, min(machines.count, shards))
    let most = (shards + count - 1) / count
    let longest = Double(most) * Double(pictures) / Double(max(1, shards))
    let read = Double(pictures) * machines.imageBytes.value
    let reading = max(
      read / (Double(count) * machines.network.value),
      read / (machines.storage?.value ?? .infinity))
    let computing = longest * gmac / scoringSpeed
    var stage = stage(
      MachinesPlan.scoring, on: count, seconds: max(computing, reading),
      isReading: reading > computing, read: read,
      written: Double(pictures) * bytesPerImage,
      sent: Double(count) * 4 * Double(parameters))
    stage.shards = shards
    stage.mostShards = most
    return stage
  }

  /// The selection of `selected` pictures from score files of `bytes` in all.
  func selecting(bytes: Double, selected: Int, dropsCopies: Bool, selectionBytes: Double)
    -> MachinesPlan.Stage
  {
    let reading = max(
      bytes / machines.network.value, bytes / (machines.storage?.value ?? .infinity))
    let computing = bytes / Self.selectingBytesPerSecond
    let copies = dropsCopies ? Self.secondsPerSelected * Double(selected) : 0
    return stage(
      MachinesPlan.selecting, on: 1, seconds: max(reading, computing) + copies,
      isReading: reading > computing, read: bytes, written: selectionBytes, sent: 0)
  }

  /// A frozen teacher's features of `pictures`, which one machine computes.
  func features(pictures: Int, gmac: Double) -> MachinesPlan.Stage {
    let read = Double(pictures) * machines.imageBytes.value
    let reading = max(
      read / machines.network.value, read / (machines.storage?.value ?? .infinity))
    let computing = Double(pictures) * gmac / scoringSpeed
    return stage(
      Stage.teacher.title, on: 1, seconds: max(computing, reading), isReading: reading > computing,
      read: read, written: 0, sent: 0)
  }

  private func stage(
    _ name: String, on count: Int, seconds: Double, isReading: Bool, read: Double, written: Double,
    sent: Double, step: MachinesPlan.Step? = nil
  ) -> MachinesPlan.Stage {
    let hours = Double(count) * seconds / 3600
    return MachinesPlan.Stage(
      stage: name, machines: count, seconds: seconds, waitsForPictures: isReading,
      machineHours: hours, price: machines.pricePerHour.map { $0 * hours },
      networkBytes: sent + read + written, readBytes: read, writtenBytes: written, step: step)
  }
}
