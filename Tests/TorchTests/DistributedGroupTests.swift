import Dispatch
import Files
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Torch

/// Processes that compute together; here each is a thread, which Gloo and the store do not see.
@Suite("Groups of processes", .serialized)
struct DistributedGroupTests {
  /// What `body` returns in each of `size` members of a group, in their order.
  private func members<Value: Sendable>(
    _ size: Int, timeout: Double = 20,
    _ body: @escaping @Sendable (DistributedGroup) throws -> Value
  ) throws -> [Value] {
    let port = try FreePort.find()
    return try Members.results(size) { rank in
      let group = try DistributedGroup(
        Rendezvous(rank: rank, size: size, port: port), timeout: timeout)
      let result = Result { try body(group) }
      if case .failure(let error) = result {
        group.leave(because: error, line: "\(error)")
      } else {
        group.leave()
      }
      return try result.get()
    }
  }

  @Test("two add up their tensors, and take over those of the first")
  func sums() throws {
    let sums = try members(2) { group in
      let own = try Tensor([1, 2, Float(group.rank)], shape: [3])
      try group.sum([own])
      let mean = try Tensor([Float(group.rank)], shape: [1])
      try group.average([mean])
      let first = try Tensor([Int64(group.rank + 7)], shape: [1])
      try group.broadcast([first])
      return try own.array(of: Float.self) + mean.array(of: Float.self)
        + [Float(first.item())]
    }
    #expect(sums == [[2, 4, 1, 0.5, 7], [2, 4, 1, 0.5, 7]])
  }

  @Test(
    "sums are a tree over the processes where these are a power of two, whatever the number of elements",
    arguments: [2, 3, 4, 8])
  func tree(size: Int) throws {
    // 1e8 + 1 is 1e8 in float32.
    let terms: [Float] = [1e8, 1, -1e8, 3, 1, 1e8, -1e8, 1]
    func sum(_ terms: ArraySlice<Float>) -> Float {
      guard terms.count > 1 else { return terms.first ?? 0 }
      let half = terms.startIndex + terms.count / 2
      return sum(terms[..<half]) + sum(terms[half...])
    }
    let expected = sum(terms.prefix(size))
    let found = try members(size) { group in
      try [1, 2, 5, 64].map { count in
        let own = try Tensor(
          (0..<count).map { $0 % 2 == 0 ? terms[group.rank] : 2 }, shape: [count])
        try group.sum([own])
        return try own.array(of: Float.self)
      }
    }
    for member in found {
      #expect(member == found[0])
      for sums in member {
        for (place, sum) in sums.enumerated() {
          if place % 2 == 1 { #expect(sum == Float(2 * size)) }
          if place % 2 == 0, size != 3 { #expect(sum == expected) }
        }
      }
    }
  }

  @Test("what each gives and what the first decides, all have")
  func exchanges() throws {
    let found = try members(3) { group in
      try group.barrier()
      let all = try group.gather(Data("\(group.rank)".utf8))
      let first = try group.fromFirst { Data("from \(group.rank)".utf8) }
      return (all + [first]).map { String(decoding: $0, as: UTF8.self) }
    }
    #expect(found == Array(repeating: ["0", "1", "2", "from 0"], count: 3))
  }

  @Test("what was gathered is forgotten once all have it")
  func forgets() throws {
    let found = try members(2) { group in
      for _ in 0..<3 { _ = try group.gather(Data(count: 100)) }
      try group.barrier()
      return try ["1", "1/1", "2", "2/1", "3/1", "3"].map {
        try group.store.get("exchange/\($0)") != nil
      }
    }
    #expect(found == Array(repeating: [false, false, false, false, false, true], count: 2))
  }

  private struct Asked: Error {}

  @Test("amid a step what each gives is gathered, although the first was asked to stop")
  func gathersFirst() throws {
    let port = try FreePort.find()
    let asked = Atomic(false)
    let found = try Members.results(2) { rank in
      let group = try DistributedGroup(
        Rendezvous(rank: rank, size: 2, port: port), timeout: 20,
        interruption: { if rank == 0, asked.load(ordering: .acquiring) { throw Asked() } })
      defer { group.leave() }
      if rank == 0 { asked.store(true, ordering: .releasing) } else { usleep(300_000) }
      return try group.gather(Data([UInt8(rank)]), heedsStop: false)
    }
    #expect(found == Array(repeating: [Data([0]), Data([1])], count: 2))
  }

  /// The gradients of two layers after a backward pass in buckets of so many bytes, the last of two passes a
  /// process, and what the numbers and a row of statistics came to.
  private func reduced(_ group: DistributedGroup, bucketBytes: Int) throws -> [[Double]] {
    let rank = Double(group.rank)
    let first = try Tensor([1, 2, 3] as [Float], shape: [3])
    let last = try Tensor([5, 6] as [Float], shape: [2])
    for tensor in [first, last] { try tensor.setRequiresGradient(true) }
    let reducer = try GradientReducer(
      of: [first, last], over: group, bucketBytes: bucketBytes)
    #expect(reducer.byteCount == 20)
    for pass in 0..<2 {
      if pass == 1 { try reducer.expectLastGradients() }
      // The gradient of Σ f·x is f.
      try first.scaled(by: 1 + rank).sum().adding(last.scaled(by: 10).sum()).backward()
    }
    let statistics = try Tensor([0.5, rank] as [Double], shape: [2])
    let numbers = try reducer.finish(statistics: statistics, numbers: [rank, 1])
    return try [first, last].map {
      try #require(try $0.gradient()).array(of: Float.self).map(Double.init)
    } + [numbers, statistics.array(of: Double.self)]
  }

  @Test(
    "gradients of all passes, numbers and running statistics are sums over the processes",
    arguments: [4, 12, 1 << 20])
  func gradients(bucketBytes: Int) throws {
    let found = try members(2) { try reduced($0, bucketBytes: bucketBytes) }
    // 2 passes × (1 + 2), 2 × 2 × 10; 0 + 1, 1 + 1; 0.5 + 0.5, 0 + 1.
    let expected = [[6.0, 6, 6], [40, 40], [1, 2], [1, 1]]
    #expect(found == [expected, expected])
  }

  @Test("a gradient that is no number in one process is none in all")
  func notFinite() throws {
    let finite = try members(2) { group in
      let weight = try Tensor([1, 1] as [Float], shape: [2])
      try weight.setRequiresGradient(true)
      let reducer = try GradientReducer(of: [weight], over: group)
      try reducer.expectLastGradients()
      try weight.scaled(by: group.rank == 1 ? .nan : 1).sum().backward()
      _ = try reducer.finish(numbers: [])
      return try Tensor.gradientsAreFinite([weight], and: nil, plainly: false)
    }
    #expect(finite == [false, false])
  }

  /// A batch norm's output, its input's and weights' gradients and its running statistics, of `rows` of a batch of 6.
  private func normalised(_ rows: Range<Int>, over group: DistributedGroup?) throws -> [[Float]] {
    let values: [Float] = (0..<24).map { number in Float(number * 7919 % 23) / 5 - 1 }
    let x = try Tensor(values, shape: [6, 2, 2]).narrowed(axis: 0, to: rows).copied()
    let pull = try Tensor(values.map { $0 * $0 - 1 }, shape: [6, 2, 2]).narrowed(
      axis: 0, to: rows)
    try x.setRequiresGradient(true)
    let norm = try BatchNorm(ParameterStore(seed: 1).root / "norm", channels: 2, scale: 1.5)
    let y = try norm(x, Pass(.training, synced: group))
    try y.multiplied(by: pull).sum().backward()
    let gradients = try [x, norm.weight, norm.bias].map { try #require(try $0.gradient()) }
    if let group { try group.sum(Array(gradients[1...])) }
    return try ([y] + gradients + [norm.runningMean, norm.runningVariance]).map {
      try $0.array(of: Float.self)
    }
  }

  @Test("a synced batch norm of parts of a batch is that of the whole", arguments: [2, 3])
  func syncedBatchNorm(size: Int) throws {
    let whole = try normalised(0..<6, over: nil)
    let parts = try members(size) { group in
      try normalised(6 * group.rank / size..<6 * (group.rank + 1) / size, over: group)
    }
    func close(_ one: [Float], _ other: [Float]) -> Bool {
      one.count == other.count && zip(one, other).allSatisfy { abs($0 - $1) < 1e-5 }
    }
    // Output and input's gradient are each one's own, the others everybody's.
    for place in 0..<2 { #expect(close(parts.flatMap { $0[place] }, whole[place])) }
    for place in 2..<6 { #expect(parts.allSatisfy { close($0[place], whole[place]) }) }
  }

  @Test("weights that differ by a bit are found, by who has others than the first")
  func different() throws {
    let lines = try members(3) { group in
      let weight = try Tensor([group.rank == 2 ? Float(1).nextUp : 1], shape: [1])
      do {
        try group.requireSame([weight], what: "here")
        return "same"
      } catch let error as DistributedError {
        return error.description
      }
    }
    #expect(lines[0] == "same" && lines[1] == "same")
    #expect(lines[2].hasPrefix("here: the weights of process 2 are no longer those of process 0"))
  }

  @Test("who ends because of an error is not waited for, and gives the others its exit code")
  func ends() throws {
    struct Broken: ExitCoded, CustomStringConvertible {
      let exitCode: Int32 = 65
      let description = "a picture is torn"
    }
    let codes = try members(2) { group -> Int32 in
      do {
        if group.rank == 1 { throw Broken() }
        try group.barrier()
        return 0
      } catch let error as Broken {
        group.leave(because: error, line: error.description)
        return error.exitCode
      } catch let error as DistributedError {
        #expect(error == .ended(rank: 1, code: 65, line: "a picture is torn"))
        return error.exitCode
      }
    }
    #expect(codes == [65, 65])
  }

  /// What each of `places`, of which one is too much, says when they meet at one port; nil where it has joined.
  private func lines(_ places: [Rendezvous]) throws -> [String?] {
    let isRefused = DispatchSemaphore(value: 0)
    return try Members.results(places.count) { place in
      do {
        let group = try DistributedGroup(places[place], timeout: 10)
        // The others stay until it has heard so.
        _ = isRefused.wait(timeout: .now() + 20)
        isRefused.signal()
        group.leave()
        return nil
      } catch {
        isRefused.signal()
        return "\(error)"
      }
    }
  }

  @Test("a stranger at the port, and a second one of the same number, are told so")
  func strangers() throws {
    let port = try FreePort.find()
    var places = (0..<2).map { Rendezvous(rank: $0, size: 2, port: port) }
    places.append(places[1])
    for place in 0..<2 { places[place].job = "one" }
    places[2].job = "another"
    let found = try lines(places)
    #expect(found[..<2].allSatisfy { $0 == nil }, "\(found)")
    #expect(found[2]?.hasPrefix("at 127.0.0.1:\(port) another job meets") == true, "\(found)")

    // Not the same port: the store there may take a moment to end.
    let other = try FreePort.find()
    let twice = [0, 1, 1, 2].map { Rendezvous(rank: $0, size: 3, port: other) }
    let same = try lines(twice)
    #expect(same.compactMap(\.self).count == 1, "\(same)")
    // Whether it comes while the others meet, or after that.
    #expect(
      same.compactMap(\.self).first?.contains("another process 1 has come to") == true, "\(same)")
  }

  @Test("who is left over from an earlier start of a job takes no place of a later one")
  func earlierStart() throws {
    let port = try FreePort.find()
    var places = (0..<2).map { Rendezvous(rank: $0, size: 2, port: port) }
    places.append(places[1])
    for place in 0..<3 { (places[place].job, places[place].start) = ("one", place == 2 ? 0 : 1) }
    let found = try lines(places)
    #expect(found[..<2].allSatisfy { $0 == nil }, "\(found)")
    #expect(
      found[2]?.contains("another job meets, or another start of this one") == true, "\(found)")
  }

  @Test("nor where the launcher keeps a store for all starts, whoever comes first")
  func earlierStartInOneStore() throws {
    struct Over: Error {}
    let port = try FreePort.find()
    let isAsking = DispatchSemaphore(value: 0)
    // A process 0 for which nobody comes keeps the store until the others have left it; a process 1 of the first start
    // is left over.
    let left = Atomic<Int>(0)
    let places = (0..<4).map { place in
      var found = Rendezvous(rank: place % 2, size: 2, port: port)
      if place > 0 { (found.isLaunchersStore, found.start) = (true, place == 1 ? 0 : 1) }
      return found
    }
    let found = try Members.results(4) { place -> String in
      do {
        if place > 1 {
          isAsking.wait()
          usleep(300_000)
        }
        let group = try DistributedGroup(
          places[place], timeout: 20,
          interruption: {
            if place == 1 { for _ in 2..<4 { isAsking.signal() } }
            // The left-over one when the others have left, and who keeps the store after it.
            if place < 2, left.load(ordering: .relaxed) == 3 - place { throw Over() }
          })
        defer { left.add(1, ordering: .relaxed) }
        try group.barrier()
        group.leave()
        return "together"
      } catch is Over {
        left.add(1, ordering: .relaxed)
        return "alone"
      }
    }
    #expect(found == ["alone", "alone", "together", "together"])
  }

  @Test("processes that count other numbers of them are told so at once")
  func otherSize() throws {
    let port = try FreePort.find()
    let found = try lines([
      Rendezvous(rank: 0, size: 2, port: port), Rendezvous(rank: 1, size: 4, port: port),
    ])
    for line in found {
      #expect(
        line?.contains("process 1 counts 4 processes and process 0 2: give all the same WORLD_SIZE")
          == true, "\(found)")
    }
  }

  @Test("of long values what is other is shown, wherever it stands")
  func longValues() throws {
    let same = String(repeating: "same, ", count: 40)
    let lines = try members(2) { group -> String in
      do {
        try group.requireSame(["a": "\(same)\(group.rank), end"], what: "x")
        return ""
      } catch let error as DistributedError { return error.description }
    }
    for line in lines {
      #expect(line.contains("1, end, not …") && line.contains("0, end)"), "\(line)")
    }
  }

  @Test("processes that have other work than the first are named, with what is other")
  func otherWork() throws {
    let lines = try members(3) { group -> String in
      do {
        try group.requireSame(
          ["rate": group.rank == 2 ? "0.2" : "0.1", "seed": "1"], what: "teacher")
        return ""
      } catch let error as DistributedError { return error.description }
    }
    let expected =
      "teacher: process 2 has other work than process 0: rate (0.2, not 0.1); start all with the same command, "
      + "recipe and data"
    #expect(lines == Array(repeating: expected, count: 3))
  }

  @Test("where nobody comes, that is said after the time that is given for it")
  func alone() throws {
    let port = try FreePort.find()
    let nobody = #expect(throws: DistributedError.self) {
      try DistributedGroup(Rendezvous(rank: 1, size: 2, port: port), timeout: 1)
    }
    #expect(nobody?.description.hasPrefix("nobody answered at 127.0.0.1:\(port) for 1 s") == true)
    try FreePort.hold { port in
      let taken = #expect(throws: DistributedError.self) {
        try DistributedGroup(Rendezvous(rank: 0, size: 2, port: port), timeout: 1)
      }
      #expect(
        taken?.description
          == "cannot listen on 127.0.0.1:\(port): Address already in use; give the processes another "
          + "MASTER_PORT")
    }
    // Who accepts connections and says nothing is no store.
    try FreePort.hold { port in
      let mute = #expect(throws: DistributedError.self) {
        try DistributedGroup(Rendezvous(rank: 1, size: 2, port: port), timeout: 1)
      }
      #expect(
        mute?.description.hasPrefix("127.0.0.1:\(port) answers, but not as the store") == true)
    }
    let elsewhere = #expect(throws: DistributedError.self) {
      try DistributedGroup(
        Rendezvous(rank: 0, size: 2, address: "no-such-host.invalid", port: port), timeout: 1)
    }
    #expect(
      elsewhere?.description.hasPrefix("MASTER_ADDR: no address of no-such-host.invalid") == true)
    let silent = #expect(throws: DistributedError.self) {
      try DistributedGroup(Rendezvous(rank: 0, size: 2, port: port), timeout: 1)
    }
    #expect(
      silent?.description.hasPrefix("process 1 of 2 did not come to 127.0.0.1:\(port) in 1 s")
        == true)
  }
}
