import Recipes
import Training

extension ConsistencySettings {
  /// "consistency: 7 of U for each of D, labels from 0.95 on".
  var words: String {
    "consistency: \(ratio) of U for each of D, labels from \(threshold) on\(flexible ? ", flexible" : "")"
  }
}

extension Recipe {
  /// What of today's options the training of a stage has, besides the paper's settings: "mixup 0.1".
  func options(of stage: Stage) -> [String] {
    options(ofGroup: stage.recipeKey)
      + [consistency(of: stage)?.words, sharedAugmentation(of: stage)].compactMap { $0 }
  }

  /// What fine-tuning has of the teacher's options on pictures, which it takes without being told.
  private func sharedAugmentation(of stage: Stage) -> String? {
    let own = fineTuning.training.augmentation
    guard stage == .fineTuning, own == teacher.training.augmentation,
      own.autoAugment != .none || own.mixup > 0 || own.cutmix > 0
    else { return nil }
    return "augmentation as the teacher's"
  }

  private func options(ofGroup group: String) -> [String] {
    let names = [
      "targets", "temperature", "mixLabelled", "training.preset", "training.optimizer",
      "training.dropPath", "training.ema", "training.loss", "training.labelSmoothing",
      "training.targetThreshold",
      "training.augmentation.autoAugment", "training.augmentation.operations",
      "training.augmentation.magnitude", "training.augmentation.mixup",
      "training.augmentation.cutmix",
    ]
    let defaults = Dictionary(
      Recipe.defaultSettings.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    let values = Dictionary(
      settings.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    func value(_ name: String) -> String? { values["\(group).\(name)"] }
    func isSet(_ name: String) -> Bool { value(name) != defaults["\(group).\(name)"] }
    let operations = ["training.augmentation.operations", "training.augmentation.magnitude"]
    return (names + (isSet("training.preset") ? ["training.schedule"] : [])).filter { name in
      operations.contains(name)
        ? value("training.augmentation.autoAugment") == "randAugment" : isSet(name)
    }.compactMap { name in
      value(name).map { "\(name.split(separator: ".").last ?? "") \($0)" }
    }
  }
}
