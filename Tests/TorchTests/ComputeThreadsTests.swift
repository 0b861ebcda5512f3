import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import Torch

@Suite("Threads that compute at the same time", .serialized)
struct ComputeThreadsTests {
  @Test("each has its number and a pool of its own; the caller keeps its own")
  func pools() throws {
    try Libtorch.setThreads(3)
    defer { try? Libtorch.setThreads(1) }
    let threads = try ComputeThreads(count: 2)
    let seen = Mutex<[Int: Int]>([:])
    for _ in 0..<3 {
      seen.withLock { $0 = [:] }
      try threads.perform(parts: 2) { number in
        let pool = Libtorch.threads
        seen.withLock { $0[number] = pool }
        // Until both threads have come.
        while seen.withLock({ $0.count }) < 2 {}
      }
      #expect(seen.withLock { $0 } == [0: 1, 1: 1])
    }
    #expect(Libtorch.threads == 3)
  }

  @Test("they work at the same time, each until all have come")
  func together() throws {
    let come = Mutex(0)
    try ComputeThreads(count: 3).perform(parts: 3) { _ in
      come.withLock { $0 += 1 }
      while come.withLock({ $0 }) < 3 {}
    }
    #expect(come.withLock { $0 } == 3)
  }

  @Test(
    "more parts than threads are taken one after the other, each once; fewer threads may take them")
  func parts() throws {
    let threads = try ComputeThreads(count: 3)
    let inside = Mutex((now: 0, most: 0))
    let taken = Mutex<[Int]>([])
    for used in [1, 2] {
      try threads.perform(parts: 7, on: used) { part in
        inside.withLock {
          $0.now += 1
          $0.most = max($0.most, $0.now)
        }
        taken.withLock { $0.append(part) }
        inside.withLock { $0.now -= 1 }
      }
      #expect(taken.withLock { $0.sorted() } == Array(0..<7))
      #expect(inside.withLock { $0.most } <= used)
      taken.withLock { $0 = [] }
    }
    // Two parts that wait for each other need two threads.
    let meeting = DispatchSemaphore(value: 0), other = DispatchSemaphore(value: 0)
    try ComputeThreads(count: 3).perform(parts: 2, on: 2) { part in
      let (own, awaited) = part == 0 ? (meeting, other) : (other, meeting)
      own.signal()
      #expect(awaited.wait(timeout: .now() + 30) == .success)
    }
    var alone: [Int] = []
    try ComputeThreads(count: 1).perform(parts: 3) { alone.append($0) }
    #expect(alone == [0, 1, 2])
  }

  @Test("of several errors the one of the lowest number is thrown, and the threads go on")
  func errors() throws {
    struct Failure: Error, Equatable { let number: Int }
    let threads = try ComputeThreads(count: 4)
    #expect(throws: Failure(number: 1)) {
      try threads.perform(parts: 4) { if $0 % 2 == 1 { throw Failure(number: $0) } }
    }
    let count = Mutex(0)
    try threads.perform(parts: 4) { _ in count.withLock { $0 += 1 } }
    #expect(count.withLock { $0 } == 4)
    #expect(throws: TorchError.self) { try ComputeThreads(count: 0) }
  }
}

@Suite("Replicas of a network's weights")
struct ReplicatedStoreTests {
  /// A store of one weight [2] = (1, 2) and one buffer [1] = 4.
  private func store() throws -> ParameterStore {
    let store = try ParameterStore(seed: 0)
    try store.root.parameter("w", [2], .constant(1)).copy(
      from: Tensor([1, 2] as [Float], shape: [2]))
    _ = try store.root.buffer("mean", [1], .constant(4))
    return store
  }

  private func replica(of store: ParameterStore) throws -> ParameterStore {
    let replica = try ParameterStore(replicating: store)
    _ = try replica.root.parameter("w", [2], .constant(0))
    _ = try replica.root.buffer("mean", [1], .constant(0))
    return replica
  }

  @Test("a replica's weights are the same memory, its gradients and buffers its own")
  func memory() throws {
    let store = try store()
    let replica = try replica(of: store)
    let (weight, copy) = (store.parameters[0].tensor, replica.parameters[0].tensor)
    try weight.copy(from: Tensor([3, 6] as [Float], shape: [2]))
    #expect(try copy.array(of: Float.self) == [3, 6])
    try copy.multiplied(by: copy).sum().backward()
    #expect(try copy.gradient()?.array(of: Float.self) == [6, 12])
    #expect(try weight.gradient() == nil)
    try replica.buffers[0].tensor.fill(7)
    #expect(try store.buffers[0].tensor.array(of: Float.self) == [4])
  }

  @Test("a weight that is not trained is not trained in a replica")
  func frozen() throws {
    let store = try store()
    try store.parameters[0].tensor.setRequiresGradient(false)
    #expect(try !replica(of: store).parameters[0].tensor.requiresGradient)
  }

  @Test("another network is no replica: the first tensor that differs is named")
  func others() throws {
    let replica = try ParameterStore(replicating: store())
    let error = #expect(throws: TorchError.self) {
      try replica.root.parameter("v", [2], .constant(0))
    }
    #expect(error?.description.contains("v [2]") == true)
  }
}
