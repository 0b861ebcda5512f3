import Torch

/// Which parts of every batch a process computes, so that any number of processes computes the same parts.
///
/// A batch has `accumulate` rounds of `replicas` parts each, in this order, whoever computes them: that is the
/// recipe's matter, and so results do not depend on the number of processes. Processes share the replicas of
/// a round, as many ways as both numbers allow, and then the rounds, in blocks that follow one another; those that
/// share a replica's rounds are neighbours, as `PartSums` adds.
package struct PartShare: Equatable {
  /// This process's rounds.
  package let rounds: Range<Int>
  /// The replicas of each of them that it computes, all at the same time.
  package let replicas: Range<Int>
  /// Images of a part.
  package let microBatch: Int
  private let all: (rounds: Int, replicas: Int)
  /// How many forward passes of a part move its running statistics.
  private let passes: Int

  package static func == (left: Self, right: Self) -> Bool {
    (left.rounds, left.replicas) == (right.rounds, right.replicas)
  }

  /// The share of process `rank` of `size`. With `syncBatchNorm` what a process has of a round is one part.
  /// `passes` of each part move the running statistics.
  /// - Throws: `TrainingError.usage` saying which numbers of processes can share the parts.
  package init(of plan: TrainingPlan, rank: Int = 0, size: Int = 1, passes: Int = 1) throws {
    try self.init(
      batch: plan.batch, accumulate: plan.accumulate, replicas: plan.replicas,
      syncBatchNorm: plan.syncBatchNorm, rank: rank, size: size, passes: passes)
  }

  package init(
    batch: Int, accumulate: Int, replicas: Int, syncBatchNorm: Bool = false, rank: Int, size: Int,
    passes: Int = 1
  ) throws {
    self.passes = passes
    guard !syncBatchNorm || replicas % size == 0 else {
      throw TrainingError.usage(
        "replicas \(replicas), whose batch norm is synced, cannot be shared by \(size) processes: give it a multiple "
          + "of \(size), which changes no result but for rounding")
    }
    let count = syncBatchNorm ? size : replicas
    let beside = Self.commonDivisor(count, size)
    let after = size / beside
    guard accumulate % after == 0 else {
      throw TrainingError.usage(
        "a batch in \(accumulate * count) part\(accumulate * count == 1 ? "" : "s") (accumulate "
          + "\(accumulate) × replicas \(count)) cannot be shared by \(size) processes: "
          + Self.advice(accumulate, count, size))
    }
    all = (accumulate, count)
    microBatch = batch / (accumulate * count)
    let (rounds, places) = (accumulate / after, count / beside)
    let (block, place) = (rank % after, rank / after)
    self.rounds = block * rounds..<(block + 1) * rounds
    self.replicas = place * places..<(place + 1) * places
  }

  // MARK: - Running statistics

  /// How much of the running statistics before a step is left after all its rounds, each of which moves them by a part
  /// of the way to its own mean.
  var decay: Double { left(after: all.rounds) }

  /// How much of what a part of the round makes of them is left after all rounds.
  func weight(ofRound round: Int) -> Double {
    left(after: all.rounds - 1 - round) / Double(all.replicas)
  }

  private func left(after rounds: Int) -> Double {
    (0..<rounds * passes).reduce(1) { product, _ in product * (1 - BatchNorm.momentum) }
  }

  // MARK: - Parts

  /// How many parts a batch has.
  var partCount: Int { all.rounds * all.replicas }

  /// The number of a part in its batch.
  func part(round: Int, replica: Int) -> Int {
    round * all.replicas + replicas.lowerBound + replica
  }

  /// This process's parts of a batch, ascending.
  var parts: [Int] {
    rounds.flatMap { round in
      replicas.indices.map { part(round: round, replica: $0 - replicas.lowerBound) }
    }
  }

  private static func advice(_ accumulate: Int, _ replicas: Int, _ size: Int) -> String {
    let parts = accumulate * replicas
    let fitting = (1...parts).filter { parts % $0 == 0 }
    return
      "give it replicas: \(replicas * size / commonDivisor(parts, size)), which is another recipe, or start "
      + (fitting.count == 1
        ? "one process" : "\(fitting.map(String.init).joined(separator: ", ")) processes")
  }

  private static func commonDivisor(_ a: Int, _ b: Int) -> Int {
    b == 0 ? a : commonDivisor(b, a % b)
  }
}
