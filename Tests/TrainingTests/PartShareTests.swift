import Testing
import Torch

@testable import Training

@Suite("Parts of a batch among processes")
struct PartShareTests {
  private func parts(_ accumulate: Int, _ replicas: Int, size: Int) throws -> [[Int]] {
    try (0..<size).map {
      try PartShare(batch: 48, accumulate: accumulate, replicas: replicas, rank: $0, size: size)
        .parts
    }
  }

  @Test("processes share the replicas of a round first, and then the rounds")
  func shares() throws {
    #expect(try parts(2, 2, size: 1) == [[0, 1, 2, 3]])
    #expect(try parts(2, 2, size: 2) == [[0, 2], [1, 3]])
    #expect(try parts(2, 2, size: 4) == [[0], [2], [1], [3]])
    #expect(try parts(4, 1, size: 2) == [[0, 1], [2, 3]])
    #expect(try parts(3, 2, size: 6) == [[0], [2], [4], [1], [3], [5]])
  }

  @Test("where batch norm is synced, what a process has of a round is one part")
  func synced() throws {
    for size in [1, 2, 4] {
      let shares = try (0..<size).map {
        try PartShare(
          batch: 48, accumulate: 3, replicas: 4, syncBatchNorm: true, rank: $0, size: size)
      }
      #expect(shares.allSatisfy { $0.microBatch == 16 / size && $0.rounds == 0..<3 })
      #expect(shares.map(\.replicas) == (0..<size).map { $0..<$0 + 1 })
    }
    #expect(
      throws: TrainingError.usage(
        "replicas 4, whose batch norm is synced, cannot be shared by 3 processes: give it a multiple of 3, which "
          + "changes no result but for rounding")
    ) {
      try PartShare(batch: 48, accumulate: 3, replicas: 4, syncBatchNorm: true, rank: 0, size: 3)
    }
  }

  @Test("parts that do not come out are refused with what would")
  func refused() {
    #expect(
      throws: TrainingError.usage(
        "a batch in 4 parts (accumulate 2 × replicas 2) cannot be shared by 3 processes: give it replicas: 6, "
          + "which is another recipe, or start 1, 2, 4 processes")
    ) { try PartShare(batch: 48, accumulate: 2, replicas: 2, rank: 0, size: 3) }
    #expect(
      throws: TrainingError.usage(
        "a batch in 1 part (accumulate 1 × replicas 1) cannot be shared by 2 processes: give it replicas: 2, which "
          + "is another recipe, or start one process")
    ) { try PartShare(batch: 48, accumulate: 1, replicas: 1, rank: 1, size: 2) }
  }

  @Test("the parts of all processes together move the statistics as one round after the other does")
  func statistics() throws {
    let (rounds, replicas) = (6, 2)
    let share = try PartShare(batch: 48, accumulate: rounds, replicas: replicas, rank: 0, size: 1)
    /// What the batch statistics of a part are.
    let found = (0..<rounds * replicas).map { Double($0 * $0 % 7) }
    let start = 3.0
    let moved = (0..<rounds).reduce(start) { value, round in
      0.9 * value + 0.1 * (found[round * replicas] + found[round * replicas + 1]) / 2
    }
    // A forward pass from 0 leaves a tenth of them.
    let joined = found.indices.reduce(share.decay * start) {
      $0 + share.weight(ofRound: $1 / replicas) * 0.1 * found[$1]
    }
    #expect(abs(joined - moved) < 1e-12)
  }
}
