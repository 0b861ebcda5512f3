import Files
import Foundation
import Recipes
import SystemPackage
import Torch
import Training

/// How the processes of a group work on one run: the first looks, decides and writes, and all train, measure
/// and score.
extension Run {
  /// Whether this process is the one that writes.
  var isFirst: Bool { group.rank == 0 }

  /// The group, where there are several processes and they are together, not one of them at work alone.
  private var together: DistributedGroup? { isOneAtWork ? nil : group as? DistributedGroup }

  /// Does `work` in the first process, while the others wait for it however long it takes.
  /// - Throws: What `work` throws; in the others, that it has ended.
  func onFirst(_ work: () throws -> Void) throws {
    guard let together else { return try work() }
    _ = try together.fromFirst {
      isOneAtWork = true
      defer { isOneAtWork = false }
      try work()
      return Data([1])
    }
  }

  /// What `work` gives in each process, first in the first one, whose files the others then find.
  /// - Throws: What `work` throws.
  func firstThenOthers<Result>(_ work: () throws -> Result) throws -> Result {
    guard let together else { return try work() }
    var own: Result?
    _ = try together.fromFirst {
      own = try work()
      return Data([1])
    }
    return try own ?? work()
  }

  /// What the first process decides, in all.
  /// - Throws: What `decide` throws.
  func decidedByFirst<Choice: Codable>(_ decide: () throws -> Choice) throws -> Choice {
    guard let together else { return try decide() }
    let data = try together.fromFirst { try JSON.line([decide()]) }
    guard let choice = try JSON.read([Choice].self, from: data).first else {
      throw PipelineError.data("the first process has decided nothing")
    }
    return choice
  }

  /// Compares what all processes have opened, before anything is computed with it.
  /// - Throws: `DistributedError.usage` naming what is different where.
  func requireSameWork() throws {
    guard let together else { return }
    var facts = [
      "--out": FilePath(text: directory.path).absolute.text, "device": device.kind.rawValue,
      "precision": precision.rawValue, "libtorch": Libtorch.version, "--redo": "\(isRedoing)",
      "unlabelled pictures": inputs.unlabelled ?? "", "pictures left out": inputs.leftOut ?? "",
    ]
    let mark = try markDirectory()
    defer { if isFirst { FilePath(text: mark).unlink() } }
    facts["the folder --out"] =
      FilePath(text: mark).exists
      ? "process 0's" : "another one of that name, on this machine alone"
    for (name, identity) in inputs.sets { facts["\(name) pictures"] = "\(identity)" }
    for (key, hash) in inputs.given { facts["the contents of \(key)"] = hash }
    for setting in recipe.influences { facts[setting.key] = setting.value }
    try together.requireSame(facts, what: "the run")
    // Each takes the step of all weights: with other kernels of libtorch's they would part. Those of gradients, oneDNN's,
    // may differ, since all have the sum.
    try together.requireSame(
      ["CPU kernels": CPU.capability], what: "the run",
      advice: "take machines that are alike, or give all of them the kernels that each one has: "
        + "ATEN_CPU_CAPABILITY=avx2")
  }

  /// Leaves an empty file of a new name in the run directory, which those find whose directory it is; where it lies.
  private func markDirectory() throws -> String {
    let name = try decidedByFirst {
      let name = ".lock-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
      try DurableFile.write("", to: "\(directory.path)/\(name)")
      return name
    }
    return "\(directory.path)/\(name)"
  }

  /// Waits until all processes are here.
  func awaitAll() throws { try together?.barrier() }

  /// This process's share of the shards of U; nil where it is alone with them.
  func sharedShards() throws -> WorkShare? {
    guard let together else { return nil }
    return try WorkShare(index: together.rank, count: together.size)
  }

  /// - Throws: `PipelineError.usage` where several processes cannot train on the run's device.
  static func requireDevice(_ device: Device, for group: any ProcessGroup) throws {
    guard group.size > 1, device != .cpu else { return }
    throw PipelineError.usage(
      "\(group.size) processes on \(device) need NCCL, which this build has not; take one process, or device: cpu"
    )
  }
}
