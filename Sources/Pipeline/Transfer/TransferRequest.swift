import Files
import Foundation
import Models
public import Recipes
import SystemPackage
public import Training

/// What of a network learns the new classes.
public enum TransferMode: String, Choice, Codable {
  /// All of it, with a new last layer.
  case full
  /// A linear layer alone, on features that stay as they are.
  case fc
}

/// What `transfer` does: which model learns which pictures, and how the best settings are found.
public struct TransferRequest: Sendable {
  /// A model folder, ours or timm's, a file of weights, or a run directory, whose best model is taken.
  public var model: String
  /// The labelled pictures.
  public var data: String
  /// What is trained.
  public var mode: TransferMode
  /// The folder that everything is kept in, the model too.
  public var out: String
  /// The network's name, where a file of weights fits several.
  public var network: String?
  /// The side of the network's square input; nil takes what its weights were trained for.
  public var inputSize: Int?
  /// The split of `data` that is trained on; nil finds it.
  public var split: String?
  /// The test pictures; nil takes those that `data` has itself.
  public var test: String?
  /// The split of the test pictures.
  public var testSplit: String?
  /// Only these classes of all pictures; nil takes all.
  public var classes: [String]?
  /// How many pictures are trained on, drawn by seed, the same from each class; nil means all.
  public var labelledCount: Int?
  /// How many settings are tried; nil for `TransferGrid.trials`.
  public var trials: Int?
  /// The learning rates that are tried; nil for `TransferGrid`'s. `full` alone.
  public var learningRates: [Double]?
  /// The weight decays that are tried; nil for `TransferGrid`'s, or those of a linear layer.
  public var weightDecays: [Double]?
  /// The schedules that are tried; nil for `TransferGrid`'s. `full` alone.
  public var schedules: [TrainingSettings.Schedule]?
  /// Passes over the training pictures, in each trial and in the end; nil for `TransferGrid.epochs`. `full` alone.
  public var epochs: Int?
  /// The part of the training pictures that settings are chosen on; nil for `TransferGrid.heldOut`. `full` alone.
  public var heldOut: Double?
  /// `full`: other settings of its training, KEY=VALUE, with the keys that `fineTuning.training` has in a recipe.
  public var settings: [String] = []
  /// How many of the nearest training pictures vote.
  public var neighbours = 20
  /// What their similarities are divided by.
  public var temperature = 0.07
  /// What the held-out part, the order of the pictures, their crops and the new layer follow from.
  public var seed = 0
  /// What computes.
  public var compute = InferenceSettings()
  /// The folder that features are kept in, which seeds may share; nil for `out`.
  public var featuresFolder: String?
  /// Whether to do everything again that was done otherwise.
  public var redoes = false

  /// The transfer of `model` to `data`, kept in `out`.
  public init(_ model: String, to data: String, mode: TransferMode, out: String) {
    (self.model, self.data, self.mode, self.out) = (model, data, mode, out)
  }
}

extension TransferRequest {
  /// - Throws: `PipelineError.usage` with what cannot be followed.
  func check() throws {
    func refuse(_ isWrong: Bool, _ reason: String) throws {
      if isWrong { throw PipelineError.usage(reason) }
    }
    if mode == .fc {
      let given = [
        ("--learning-rate", learningRates != nil), ("--schedule", schedules != nil),
        ("--epochs", epochs != nil), ("--held-out", heldOut != nil), ("--set", !settings.isEmpty),
      ].filter(\.1).map(\.0)
      try refuse(
        !given.isEmpty,
        "--mode fc has no use for \(given.joined(separator: ", ")): its layer is trained to its optimum, which "
          + "depends on the weight decay alone, and that is chosen on parts that are held out in turn; leave "
          + "\(given.count == 1 ? "it" : "them") out, or give --mode full")
      try refuse(
        weightDecays != nil && trials != nil,
        "--mode fc tries each of --weight-decay once; leave out --trials")
    }
    try refuse((trials ?? 1) < 1, "--trials is \(trials ?? 0); it must be at least 1")
    try refuse((epochs ?? 1) < 1, "--epochs is \(epochs ?? 0); it must be at least 1")
    if let heldOut {
      try refuse(
        !(heldOut > 0 && heldOut < 1), "--held-out is \(heldOut); it must be above 0 and below 1")
      try refuse(
        min(trials ?? TransferGrid.trials, TransferGrid(self).count) == 1,
        "--held-out has no use where one setting alone is tried, which is not chosen; leave it out, or give --trials 2 or "
          + "more")
    }
    try refuse(neighbours < 1, "--neighbours is \(neighbours); it must be at least 1")
    try refuse(
      !(temperature > 0 && temperature.isFinite),
      "--temperature is \(temperature); it must be above 0")
    for (name, values, isWrong) in [
      ("--learning-rate", learningRates ?? [], { $0 <= 0 }),
      ("--weight-decay", weightDecays ?? [], { $0 < 0 }),
    ] as [(String, [Double], (Double) -> Bool)] {
      if let wrong = values.first(where: { isWrong($0) || !$0.isFinite }) {
        throw PipelineError.usage("\(name) has \(wrong), with which nothing can be trained")
      }
      try refuse(Set(values).count < values.count, "\(name) has a value twice")
    }
    if let classes {
      try refuse(
        classes.count < 2, "--classes names one class only; a classifier needs two or more")
    }
  }

  /// How `full` is trained but for what is swept: the defaults for pictures of this size, and `settings`.
  /// - Throws: `RecipeError` naming a setting that cannot be followed.
  func training(for input: ImageInput) throws -> TrainingSettings {
    let swept = ["learningRate", "weightDecay", "schedule", "epochs", "images", "drops"]
    for setting in settings {
      let key = String(setting.prefix { $0 != "=" })
      guard let name = swept.first(where: { $0 == key }) else { continue }
      throw PipelineError.usage(
        "--set \(setting): "
          + (name == "images"
            ? "--epochs says how long it trains"
            : name == "drops"
              ? "--schedule steps falls at three, six and nine tenths of it"
              : "give --\(Self.option(name)) instead"))
    }
    var recipe = Recipe(
      name: "transfer", labelled: FilePath(text: data).absolute.text,
      unlabelled: FilePath(text: data).absolute.text)
    recipe.input = input
    var training = recipe.fineTuning.training
    (training.epochs, training.batch) = (epochs ?? TransferGrid.epochs, 64)
    if input.size <= 64 {
      (training.augmentation.crop, training.augmentation.padding) = (
        .padded, max(1, input.size / 8)
      )
    }
    recipe.fineTuning.training = training
    training =
      try Recipe(
        yaml: recipe.yaml, file: "transfer",
        overrides: settings.map { "fineTuning.training.\($0)" }
      ).fineTuning.training
    return training
  }

  private static func option(_ key: String) -> String {
    switch key {
    case "learningRate": "learning-rate"
    case "weightDecay": "weight-decay"
    default: key
    }
  }
}
