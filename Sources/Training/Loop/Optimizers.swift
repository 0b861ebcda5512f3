import Foundation
public import Models
public import Torch

/// The optimisers there are, by the names that recipes give them.
///
/// A new one is one file in `Torch/Optimizers` and one line here:
///
/// ```swift
/// Entry(name: "mine") { parameters, settings, network in
///   try Mine(parameters, weightDecay: settings.weightDecay)
/// },
/// ```
/// One that takes `ParameterGroup`s is given `groups(of:)`, and says `decaysByLayer: true`; one that remembers another
/// number than one of each weight says `momenta:`, so that its memory can be planned.
public enum Optimizers {
  struct Entry {
    let name: String
    /// Whether it moves those weights less that lie nearer to the picture, as `layerDecay` says.
    var decaysByLayer = false
    /// How many numbers it remembers of each weight.
    var momenta = 1
    let make:
      @Sendable ([ParameterStore.Named], TrainingSettings, any Network) throws -> any Optimizer
  }

  static let entries: [Entry] = [
    Entry(name: "sgd") { parameters, settings, _ in
      try SGD(
        parameters, momentum: settings.momentum, weightDecay: settings.weightDecay,
        nesterov: settings.nesterov)
    },
    Entry(name: "adamw", decaysByLayer: true, momenta: 2) { parameters, settings, network in
      try AdamW(groups(of: parameters, settings, network))
    },
  ]

  /// The names.
  public static var names: [String] { entries.map(\.name) }

  /// The names of those that go by a training's `layerDecay`.
  public static var decayingByLayer: [String] { entries.filter(\.decaysByLayer).map(\.name) }

  /// How many numbers the optimiser `name` remembers of each weight; 1 where there is none of that name.
  public static func momenta(of name: String) -> Int {
    entries.first { $0.name == name }?.momenta ?? 1
  }

  /// Makes the optimiser that `settings` name.
  /// - Throws: `TrainingError.usage` when there is none of that name, `TorchError`.
  public static func make(
    _ settings: TrainingSettings, for parameters: [ParameterStore.Named], of network: any Network
  ) throws -> any Optimizer {
    guard let entry = entries.first(where: { $0.name == settings.optimizer }) else {
      throw TrainingError.usage(
        "no optimiser is named \(settings.optimizer); there are \(names.joined(separator: ", "))")
    }
    return try entry.make(parameters, settings, network)
  }

  /// The weights that are moved alike: by how deep they lie, and by whether they are pulled to zero,
  /// which biases, norms and what the network excepts are not.
  private static func groups(
    of parameters: [ParameterStore.Named], _ settings: TrainingSettings, _ network: any Network
  ) -> [ParameterGroup] {
    let excepted = type(of: network).undecayed
    let decays: (ParameterStore.Named) -> Bool = {
      $0.tensor.shape.count > 1 && !$0.name.hasSuffix(".bias") && !excepted.contains($0.name)
    }
    return (0...network.depth).flatMap { depth in
      [true, false].compactMap { decayed in
        let members = parameters.filter {
          network.depth(of: $0.name) == depth && decays($0) == decayed
        }
        guard !members.isEmpty else { return nil }
        return ParameterGroup(
          members, weightDecay: decayed ? settings.weightDecay : 0,
          rateFactor: pow(settings.layerDecay, Double(network.depth - depth)))
      }
    }
  }
}
