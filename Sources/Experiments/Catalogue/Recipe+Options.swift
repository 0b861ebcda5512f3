import Models
import Recipes
import Training

/// One of today's options, which an experiment compares with the paper's recipe.
struct TrainingOption {
  /// Its name in file names.
  var name: String
  /// What a table calls it.
  var title: String
  /// What it changes, each as KEY=VALUE.
  var settings: [String]
  /// What is claimed of it, with its verb: "Soft targets give".
  var claim: String

  /// Whether it has the key of `setting` itself.
  func changes(_ setting: String) -> Bool {
    func key(_ setting: String) -> Substring { setting.prefix { $0 != "=" } }
    return settings.contains { key($0) == key(setting) }
  }
}

extension Recipe {
  private static let networks = ["teacher", "student", "baseline"]

  /// These settings of a training, for each of `groups`.
  private static func of(_ groups: [String], _ settings: [String]) -> [String] {
    groups.flatMap { group in settings.map { "\(group).training.\($0)" } }
  }

  /// What makes a recipe the paper's, whatever it has of today's options itself, each as KEY=VALUE.
  static var settingsWithoutOptions: [String] {
    let consistency = defaultSettings.filter { $0.key.hasPrefix("student.consistency.") }
    return [
      "student.targets=hard", "student.mixLabelled=0", "ranking.minimumScore=null", "rounds=1",
    ] + consistency.map { "\($0.key)=\($0.value)" }
      + of(
        networks,
        [
          "preset=none", "labelSmoothing=0", "augmentation.mixup=0", "augmentation.cutmix=0",
          "augmentation.autoAugment=none", "ema=0", "emaWarmUp=false",
        ])
      + of(networks + ["fineTuning"], ["loss=softmax", "targetThreshold=null"])
  }

  /// The options that this recipe can have.
  var optionsOfToday: [TrainingOption] {
    let policy = input.size > 64 ? "imagenet" : "cifar10"
    let views = Self.of(Self.networks, ["augmentation.autoAugment=randAugment"])
    let binary = "fineTuning.training.loss=sigmoid"
    return [
      .init(
        name: "soft", title: "Soft targets", settings: ["student.targets=soft"],
        claim: "Soft targets give"),
      .init(
        name: "labelled", title: "A tenth of D in pre-training",
        settings: ["student.mixLabelled=0.1"], claim: "A tenth of D in pre-training gives"),
      .init(
        name: "smoothing", title: "Label smoothing 0.1",
        settings: Self.of(["student"], ["labelSmoothing=0.1"]), claim: "Label smoothing gives"),
      .init(
        name: "bce", title: "Binary cross-entropy in student and fine-tuning",
        settings: Self.of(["student"], ["loss=sigmoid"]) + [binary],
        claim: "Binary cross-entropy gives"),
      .init(
        name: "mixup", title: "Mixup 0.2 in all networks",
        settings: Self.of(Self.networks, ["augmentation.mixup=0.2"]), claim: "Mixup gives"),
      .init(
        name: "cutmix", title: "CutMix 1 in all networks",
        settings: Self.of(Self.networks, ["augmentation.cutmix=1"]), claim: "CutMix gives"),
      .init(
        name: "views-student", title: "RandAugment in the student",
        settings: Self.of(["student"], ["augmentation.autoAugment=randAugment"]),
        claim: "RandAugment in the student gives"),
      .init(
        name: "views", title: "RandAugment in all networks", settings: views,
        claim: "RandAugment in all networks gives"),
      .init(
        name: "autoaugment", title: "AutoAugment in all networks",
        settings: Self.of(Self.networks, ["augmentation.autoAugment=\(policy)"]),
        claim: "AutoAugment in all networks gives"),
      .init(
        name: "strong", title: "Preset strong in all networks",
        settings: Self.of(Self.networks, Self.settings(of: .strong)) + [binary],
        claim: "The preset strong gives"),
      .init(
        name: "score", title: "Pictures of a probability from 95 % on",
        settings: ["ranking.minimumScore=2.944"], claim: "A threshold of 95 % gives"),
      .init(
        name: "ema", title: "EMA 0.999 of the student's weights",
        settings: Self.of(["student"], ["ema=0.999", "emaWarmUp=true"]),
        claim: "The weights' moving average gives"),
      .init(
        name: "rounds", title: "Two rounds, each of half of the pre-training",
        settings: ["rounds=2", halfOfPretraining], claim: "A second round gives"),
      .init(
        name: "views-soft", title: "RandAugment in all networks, soft targets",
        settings: views + ["student.targets=soft"],
        claim: "RandAugment in all networks with soft targets gives"),
    ] + (teacherCanBeAsked ? [askingTeacher] : [])
  }

  /// Whether a student can learn what its teacher says of each view.
  var teacherCanBeAsked: Bool {
    ranking.teachers.isEmpty && [.trained, .linear].contains(teacher.kind)
  }

  private var askingTeacher: TrainingOption {
    .init(
      name: "teacher", title: "The teacher's probabilities of each view",
      settings: ["student.targets=teacher"] + fewerBesideTeacher,
      claim: "The teacher's probabilities of each view give")
  }

  /// How many images are learned in as many multiply-adds with a teacher's forward pass for each: an image that is
  /// learned takes three forward passes, of which the backward pass is two.
  private var fewerBesideTeacher: [String] {
    func gmac(_ model: String, _ stem: Stem, _ width: Int) -> Double? {
      var options = NetworkOptions(
        model: model, inputChannels: input.channels, stem: stem, width: width)
      options.inputSize = input.size
      return (try? ModelCatalog.cost(options, size: input.size))?.gmac
    }
    guard let images = student.training.images,
      let own = gmac(student.model, student.stem, student.width),
      let asked = gmac(teacher.model, teacher.stem, teacher.width)
    else { return [] }
    let fewer = Int(Double(images) * 3 * own / (3 * own + asked))
    return ["student.training.images=\(max(student.training.batch, fewer))"]
  }

  private var halfOfPretraining: String {
    let training = student.training
    if let images = training.images {
      return "student.training.images=\(max(training.batch, images / 2))"
    }
    return "student.training.epochs=\(max(1, (training.epochs ?? 2) / 2))"
  }

  /// What a preset sets, one after the other, so that it stands whatever the recipe has itself.
  private static func settings(of preset: TrainingSettings.Preset) -> [String] {
    let plain = Recipe(name: "plain", labelled: "", unlabelled: "")
    var changed = plain
    changed.student.training.apply(preset)
    let group = "student.training."
    return zip(plain.settings, changed.settings).filter { $0 != $1 }
      .map { "\($1.key.dropFirst(group.count))=\($1.value)" }
  }
}
