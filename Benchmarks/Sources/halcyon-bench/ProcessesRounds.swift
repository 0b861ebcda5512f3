import ArgumentParser
import Foundation
import Models
import Torch
import Training

/// The steps of `train` on one batch in memory that several processes of this machine share, each with its part of
/// it and so many compute threads; or, for comparison, that one process has whole.
///
/// After each round standard error gets what a process sent a step and how long it waited for the others.
struct ProcessesRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "processes")

  @OptionGroup var work: NetworkWork

  @Option(help: "Processes that share a batch.")
  var processes = 2

  @Option(help: "Compute threads of each.")
  var threads = 1

  @Option(help: "Steps in a round.")
  var steps = 2

  @Option(help: "What the first process says to those it starts: which they are, and its port.")
  var member: [Int] = []

  func run() throws {
    try Libtorch.setThreads(threads)
    guard processes > 1 else { return try train(in: nil) }
    guard member.isEmpty else { return try train(in: join(member[0], at: member[1])) }
    let port = 20_000 + Int(getpid()) % 40_000
    let others = try (1..<processes).map { rank in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
      process.arguments =
        CommandLine.arguments.dropFirst() + ["--member", "\(rank)", "--member", "\(port)"]
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = FileHandle.nullDevice
      try process.run()
      return process
    }
    try train(in: join(0, at: port))
    others.forEach { $0.waitUntilExit() }
  }

  /// All are stopped while others work, so that no silence means anything.
  private func join(_ rank: Int, at port: Int) throws -> DistributedGroup {
    try DistributedGroup(Rendezvous(rank: rank, size: processes, port: port), timeout: 36_000)
  }

  private func train(in group: DistributedGroup?) throws {
    var work = work
    work.batch /= processes
    let network = try work.makeNetwork()
    let optimizer = try SGD(network.weights.parameters)
    let statistics = try BatchStatistics(of: network)
    let pictures = try work.makeBatch()
    let targets = try Tensor.full([work.batch, 1000], 0.001)
    let pass = Pass(.training, precision: work.precision)
    let parts = try group.map { _ in try PartSums(of: network.weights, rounds: 1) }
    let reducer = try group.map {
      try GradientReducer(of: network.weights.parameters.map(\.tensor), over: $0)
    }
    var waited = 0.0

    func step() throws {
      try statistics.remember()
      let sums = try LossSums(on: .cpu)
      try parts?.begin()
      try reducer?.expectLastGradients(after: parts)
      let logits = try network(pictures, pass)
      let loss = try logits.softmaxCrossEntropy(targets)
      try loss.scaled(by: 1 / Double(processes)).backward()
      try parts?.end(share: 1 / Double(processes))
      try sums.add(loss, hits: logits.hits(in: targets), images: work.batch)
      if let reducer, let moved = try parts?.statistics() {
        _ = try reducer.finish(statistics: moved, numbers: [sums.read().loss])
        try statistics.move(by: moved, keeping: 1 - BatchNorm.momentum)
        waited += reducer.waited
      }
      guard try FiniteSteps().refusal(of: sums, optimizer, step: 1) == nil else {
        throw ValidationError("the loss or a gradient is not finite")
      }
      try optimizer.step(learningRate: 0.001)
      try optimizer.clearGradients()
    }
    func round() throws {
      waited = 0
      for _ in 0..<steps { try step() }
    }
    if let group, group.rank > 0 {
      while try group.fromFirst({ Data() }) == Data([1]) { try round() }
      group.leave()
      return
    }
    try serve(amount: Double(steps * work.batch * processes), cost: work.cost()) {
      _ = try group?.fromFirst { Data([1]) }
      try round()
      if let reducer {
        let milliseconds = Int(1000 * waited / Double(steps))
        FileHandle.standardError.write(
          Data(
            "processes: \(reducer.byteCount) bytes a step, \(milliseconds) ms waited for\n".utf8))
      }
    }
    _ = try group?.fromFirst { Data([0]) }
    group?.leave()
  }
}
