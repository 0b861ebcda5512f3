public import Torch

/// The optimisers there are, by the names that recipes give them.
///
/// A new one is one file in `Torch/Optimizers` and one line here:
///
/// ```swift
/// Entry(name: "mine") { try Mine($0, weightDecay: $1.weightDecay) },
/// ```
public enum Optimizers {
  struct Entry {
    let name: String
    let make: @Sendable ([ParameterStore.Named], TrainingSettings) throws -> any Optimizer
  }

  static let entries: [Entry] = [
    Entry(name: "sgd") {
      try SGD(
        $0, momentum: $1.momentum, weightDecay: $1.weightDecay, nesterov: $1.nesterov)
    }
  ]

  /// The names.
  public static var names: [String] { entries.map(\.name) }

  /// Makes the optimiser that `settings` name.
  /// - Throws: `TrainingError.usage` when there is none of that name, `TorchError`.
  public static func make(
    _ settings: TrainingSettings, for parameters: [ParameterStore.Named]
  ) throws -> any Optimizer {
    guard let entry = entries.first(where: { $0.name == settings.optimizer }) else {
      throw TrainingError.usage(
        "no optimiser is named \(settings.optimizer); there are \(names.joined(separator: ", "))")
    }
    return try entry.make(parameters, settings)
  }
}
