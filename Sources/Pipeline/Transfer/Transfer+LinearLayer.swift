import Files
import Foundation
import Models
import SystemPackage
import Terminal
import Torch
import Training

extension Transfer {
  /// The weight decays that are tried, strongest first.
  var weightDecays: [Double] {
    request.weightDecays?.sorted(by: >)
      ?? linearWeightDecays(request.trials ?? TransferGrid.trials)
  }

  /// What one part of the training pictures came to when it was held out.
  private struct Part: Codable {
    var trials: [LinearProbe.Trial]
    var seconds: Double
  }

  /// A linear layer on features that stay as they are, trained to its optimum.
  func linear(_ bank: FeatureBank) throws -> Made {
    let classCount = pictures.train.classCount
    let parts = LinearProbe.partCount(of: bank.classes.count)
    let done = try doneParts(parts)
    console.note(
      "\(Format.counted(weightDecays.count, "weight decay is", "weight decays are")) tried on "
        + (parts > 1
          ? "\(parts) parts of the \(Format.count(bank.classes.count)) training pictures that are held out in turn"
          : "a fifth of the \(Format.count(bank.classes.count)) training pictures, which is held out")
        + "; the best then trains on all (--trials)")
    let progress = console.progress(
      "linear layer", total: (parts - done.count) * weightDecays.count + 1)
    var (clock, place) = (Stopwatch(), done.count)
    var seconds = done.reduce(0) { $0 + $1.seconds }
    let probe = try LinearProbe(
      bank.features, classes: bank.classes, classCount: classCount, weightDecays: weightDecays,
      done: done.map(\.trials)
    ) { trials in
      let part = Part(trials: trials, seconds: clock.seconds)
      try RunDirectory.makeFolder("\(folder.path)/trials")
      try DurableFile.write(JSON.pretty(part), to: partPath(place))
      (clock, place, seconds) = (Stopwatch(), place + 1, seconds + part.seconds)
    } step: {
      try StopSignal.check()
      progress.advance(by: 1)
    }
    progress.finish()
    let (network, options) = try frozen.network(
      classCount: classCount, seed: 0, on: runtime.device)
    try network.takeLastLayer(probe.layer)
    let trials = probe.trials.map { trial in
      TransferResults.Trial(
        weightDecay: trial.weightDecay,
        heldOutTop1: trial.count > 0
          ? 100 * Double(trial.correct) / Double(trial.count) : nil)
    }
    guard let chosen = trials.first(where: { $0.weightDecay == probe.weightDecay }) else {
      throw PipelineError.data("transfer: no weight decay was tried")
    }
    if !probe.layer.isOptimal {
      console.note(
        "the layer is not quite at its optimum after \(Format.count(probe.layer.steps)) steps")
    }
    try log.append(
      "linear layer", stage: "final", ["weight_decay": .number(probe.weightDecay)])
    return Made(
      network: network, options: options, trials: trials, chosen: chosen,
      seconds: seconds + clock.seconds)
  }

  private func partPath(_ part: Int) -> String { "\(folder.path)/trials/part-\(part).json" }

  /// The parts that were held out already, with these weight decays.
  private func doneParts(_ count: Int) throws -> [Part] {
    var parts: [Part] = []
    while parts.count < count,
      let part = try JSON.read(Part.self, at: partPath(parts.count)),
      part.trials.map(\.weightDecay) == weightDecays
    {
      parts.append(part)
    }
    return parts
  }
}
