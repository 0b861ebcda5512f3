import Files
import Recipes
import Training

extension Preflight {
  /// Looks at what `targetThreshold` leaves of the targets of the training whose keys lie below `key`: refuses where
  /// every picture would have all classes or none, and warns where some may have none.
  ///
  /// After smoothing by s a target of t is t (1 − s) + s / classes. The greatest target of a picture is 1, of one with
  /// `softClasses` probabilities 1 / `softClasses` at least, and of two pictures that are mixed evenly half of that.
  mutating func checkThreshold(
    of training: Recipe.Training, key: String, classCount: Int, softClasses: Int?
  ) {
    guard let threshold = training.targetThreshold, training.loss == .sigmoid, classCount > 0
    else { return }
    let smoothing = training.labelSmoothing
    let shared = smoothing / Double(classCount)
    func smoothed(_ target: Double) -> Double { target * (1 - smoothing) + shared }
    func text(_ value: Double) -> String { Format.significant(value, 3) }
    let (own, keys) = ("\(key).targetThreshold", "\(key).labelSmoothing")
    guard smoothing == 0 || shared <= threshold else {
      return refuse(
        "\(keys): \(text(smoothing)) / \(Format.count(classCount)) classes = \(text(shared)) of each class is above "
          + "\(own) (\(text(threshold))), so that every picture would have all classes; lower labelSmoothing, or set "
          + "targetThreshold: null", exitCode: 64, key: keys)
    }
    guard smoothed(1) > threshold else {
      return refuse(
        "\(own) is \(text(threshold)), and a picture's own class has \(text(smoothed(1))) after labelSmoothing, so that "
          + "no picture would have any class; lower one of the two", exitCode: 64, key: own)
    }
    let isMixed = training.augmentation.mixup > 0 || training.augmentation.cutmix > 0
    let count = max(1, min(softClasses ?? 1, classCount))
    let least = smoothed((isMixed ? 0.5 : 1) / Double(count))
    guard least <= threshold else { return }
    let pictures = [
      softClasses.map { _ in
        "pictures whose \(count) probabilities (student.targets: soft) are alike"
      },
      isMixed ? "two pictures that are mixed evenly" : nil,
    ].compactMap { $0 }.joined(separator: ", or ")
    warn(
      "\(own) is \(text(threshold)): \(pictures) may have no target above it (the least is \(text(least))) and then count "
        + "as none of the classes; set it to null, which takes targets as they are, or lower it",
      key: own, evidence: .options)
  }
}
