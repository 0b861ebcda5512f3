import Testing

@testable import Torch

@Suite("Sums of the parts of a batch")
struct PartSumsTests {
  /// A network of one weight and one running mean.
  private func store() throws -> ParameterStore {
    let store = try ParameterStore(seed: 1)
    _ = try store.root.parameter("weight", [1], .constant(1))
    _ = try store.root.buffer("mean", [1], .constant(5))
    return store
  }

  /// Leaves the gradient `value` with `store`, and the running mean `mean`.
  private func compute(_ value: Float, _ mean: Float = 0, with store: ParameterStore) throws {
    #expect(try store.buffers[0].tensor.array(of: Float.self) == [0])
    try store.parameters[0].tensor.scaled(by: Double(value)).sum().backward()
    try store.buffers[0].tensor.fill(Double(mean))
  }

  private func gradient(_ store: ParameterStore) throws -> Float? {
    try store.parameters[0].tensor.gradient()?.array(of: Float.self).first
  }

  /// Numbers whose sum is another one in another order.
  private let values: [Float] = [1e8, 1.5, -1e8, 3, 7, 1e8, 2.5, -1e8, 0.3, 11, 1e7, -3]

  /// Their sum as the documentation says it.
  private func sum(_ values: ArraySlice<Float>) -> Float {
    guard values.count % 2 == 0, values.count > 2 else { return values.reduce(0, +) }
    let half = values.startIndex + values.count / 2
    return sum(values[..<half]) + sum(values[half...])
  }

  @Test("neighbouring rounds are added first", arguments: [1, 2, 3, 4, 6, 8, 12])
  func rounds(count: Int) throws {
    let store = try store()
    let sums = try PartSums(of: store, rounds: count)
    for _ in 0..<2 {
      for value in values.prefix(count) {
        try sums.begin()
        try compute(value, 2, with: store)
        try sums.end(share: 0.25)
      }
      #expect(try gradient(store) == sum(values.prefix(count)))
      #expect(try sums.statistics().array(of: Double.self) == [0.5 * Double(count)])
      try Tensor.clearGradients(of: store.parameters.map(\.tensor))
    }
    if count == 4 { #expect(sum(values.prefix(4)) != values.prefix(4).reduce(0, +)) }
  }

  @Test(
    "neighbouring replicas are added first, and none keeps what it had", arguments: [2, 3, 4, 6])
  func replicas(count: Int) throws {
    let store = try store()
    let replicas = try (0..<count).map { _ in
      let replica = try ParameterStore(replicating: store)
      _ = try replica.root.parameter("weight", [1], .constant(0))
      _ = try replica.root.buffer("mean", [1], .constant(0))
      return replica
    }
    let sums = try replicas.map { try PartSums(of: $0, rounds: 1) }
    for (place, replica) in replicas.enumerated() {
      try sums[place].begin()
      try compute(values[place], Float(place), with: replica)
      try sums[place].end(share: 1)
    }
    try PartSums.gather(sums, to: store)
    #expect(try gradient(store) == sum(values.prefix(count)))
    #expect(try sums[0].statistics().array(of: Double.self) == [Double(count * (count - 1) / 2)])
    for replica in replicas { #expect(try gradient(replica) == nil) }
  }

  @Test("running means become what is left of them and what the parts have come to")
  func statistics() throws {
    let mean = try Tensor([0] as [Float], shape: [1])
    try Tensor.moveStatistics(
      [mean], before: [Tensor([8] as [Float], shape: [1])],
      by: Tensor([0.25] as [Double], shape: [1]),
      keeping: 0.5)
    #expect(try mean.array(of: Float.self) == [4.25])
  }

  @Test("means and variances that are not to be moved are left alone")
  func still() throws {
    let store = try store()
    let sums = try PartSums(of: store, rounds: 1, movingStatistics: false)
    try sums.begin()
    try sums.end(share: 1)
    #expect(try store.buffers[0].tensor.array(of: Float.self) == [5])
  }
}
