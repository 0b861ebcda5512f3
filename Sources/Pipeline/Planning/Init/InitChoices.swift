import Files
import Foundation
import Models
import Recipes
import Training

/// The choices of `InitRecipe`: each function sets some keys of a recipe and returns why.
struct InitChoices {
  typealias Note = InitRecipe.Note

  let labelled: DatasetFacts
  let unlabelled: DatasetFacts
  /// The weights that the networks begin with; nil where none were given.
  let start: InitStart?

  init(_ labelled: DatasetFacts, _ unlabelled: DatasetFacts, start: InitStart? = nil) {
    self.labelled = labelled
    self.unlabelled = unlabelled
    self.start = start
  }

  /// The shorter side of a typical labelled picture, or of what given weights see.
  private var side: Int { start?.input.size ?? max(8, min(labelled.width, labelled.height)) }
  var perClass: Int { labelled.count / labelled.classes }
  private var isSmall: Bool { side <= 64 }
  /// Whether D is few small pictures, of which networks from nothing learn more with other settings than the paper's,
  /// as `Benchmarks/README.md` has measured. Of larger pictures that is not known.
  private var isFew: Bool { labelled.count < 5_000 && isSmall && start == nil }
  /// Whether the paper's own sizes fit.
  private var isLarge: Bool { labelled.count >= 500_000 }

  // MARK: - Data and input

  func fitData(_ recipe: inout Recipe) -> [Note] {
    // Of few labels the tenth that is missing costs more than what is measured on it tells.
    let isTested = recipe.data.test != nil
    let isSpared = isFew ? perClass >= 100 && !isTested : perClass >= 20
    recipe.data.validationFraction = isSpared ? 0.1 : 0
    let end = isTested ? "data.test measures the end" : "name test pictures in data.test"
    var notes = [
      Note(
        key: "data.validationFraction",
        reason: isSpared
          ? "a tenth of D is measured on, never trained on"
            + (isTested ? "" : "; name a test set, if any, in data.test")
          : "with \(perClass) labels a class none is spared; \(end)")
    ]
    if let start { return notes + start.fitInput(&recipe) }
    let size = isSmall ? side : min(224, max(64, side * 7 / 8 / 32 * 32))
    recipe.input.size = size
    recipe.input.resize = isSmall ? side : size * 8 / 7
    let reason =
      isSmall ? "the pictures' own side" : size < 224 ? "about 7/8 of their \(side)" : "ImageNet's"
    notes += [
      Note(key: "input.size", reason: reason),
      Note(
        key: "input.resize",
        reason: isSmall ? "nothing is cut off in evaluation" : "evaluation cuts the middle 7/8"),
    ]
    guard labelled.channels == 1 else { return notes }
    recipe.input.channels = 1
    recipe.input.mean = [0.449]
    recipe.input.std = [0.226]
    return notes + [
      Note(key: "input.channels", reason: "the pictures are grey"),
      Note(key: "input.mean", reason: "the mean of ImageNet's three"),
      Note(key: "input.std", reason: "the mean of ImageNet's three"),
    ]
  }

  // MARK: - Networks

  func fitNetworks(_ recipe: inout Recipe) -> [Note] {
    if let start { return start.fitNetworks(&recipe) }
    switch labelled.count {
    case _ where isSmall, ..<10_000:
      (recipe.teacher.model, recipe.student.model) = ("resnet18", "resnet18")
    case ..<100_000: (recipe.teacher.model, recipe.student.model) = ("resnet50", "resnet18")
    case ..<500_000: (recipe.teacher.model, recipe.student.model) = ("resnext50_32x4d", "resnet50")
    default: (recipe.teacher.model, recipe.student.model) = ("resnext101_32x8d", "resnet50")
    }
    let isSelfTraining = recipe.teacher.model == recipe.student.model
    var notes = [
      Note(
        key: "teacher.model",
        reason: "\(labelled.count) labelled pictures can train this much of a network"),
      Note(
        key: "student.model",
        reason: isSelfTraining
          ? "the teacher's own architecture: self-training"
          : "the network you will use; the teacher must be the better one (Table 3)"),
    ]
    guard isSmall else { return notes }
    if isFew { (recipe.teacher.model, recipe.student.model) = ("resnet8", "resnet8") }
    let width = labelled.count < 50_000 ? 32 : 64
    (recipe.teacher.stem, recipe.student.stem) = (.small, .small)
    (recipe.teacher.width, recipe.student.width) = (width, width)
    for stage in ["teacher", "student"] {
      notes += [
        Note(
          key: "\(stage).stem", reason: "a first stride of 4 leaves little of \(side) pixels"),
        Note(
          key: "\(stage).width",
          reason: isFew
            ? "wider ones learn less in equal time from so few labels (Benchmarks/README.md)"
            : width < 64 ? "thin, so that it trains on a CPU" : "the usual width"),
      ]
    }
    return notes
  }

  // MARK: - Ranking

  func fitRanking(_ recipe: inout Recipe) -> [Note] {
    let (part, why) =
      perClass < 20
      ? (5, "fifth (for a weak teacher)")
      : isFew ? (2, "half") : perClass < 100 ? (4, "quarter") : (3, "third")
    let share = unlabelled.count / labelled.classes
    recipe.ranking.labelsPerImage = min(10, (labelled.classes + 4) / 5)
    recipe.ranking.imagesPerClass = min(16_000, max(1, Self.rounded(share / part, .down)))
    recipe.ranking.batch = isSmall ? 256 : 64
    recipe.evaluation.batch = recipe.ranking.batch
    return [
      Note(
        key: "ranking.labelsPerImage",
        reason: "P: a fifth of the \(labelled.classes) classes, at most the paper's 10"),
      Note(
        key: "ranking.imagesPerClass",
        reason: "K: of U's \(share) pictures a class a \(why); at most the paper's 16000"),
      Note(key: "ranking.batch", reason: "pictures scored at once"),
      Note(key: "evaluation.batch", reason: "pictures measured at once"),
    ]
  }

  // MARK: - Training

  /// The weight decay of batches of 32: 2e-3 for 500 labels or fewer, 5e-4 for 2,000 or more.
  private var decay: Double {
    let one = 1 / Double(labelled.count)
    return Double(Format.significant(min(2e-3, max(5e-4, one)), 2)) ?? one
  }

  func fitTraining(_ recipe: inout Recipe) -> [Note] {
    if let start { return fitTraining(&recipe, from: start) }
    let count = labelled.count
    let batch = isFew ? 32 : count < 2_000 ? 64 : count < 20_000 ? 128 : 256
    let studentBatch = isFew ? 64 : batch
    let selected = min(unlabelled.count, labelled.classes * recipe.ranking.imagesPerClass)
    let teacherImages = Self.rounded(max(100 * count, isFew ? 100_000 : 1_000 * batch), .up)
    let passes = isFew ? 5 : 8
    let studentImages = Self.rounded(
      max(160 * count, passes * selected, 2_000 * studentBatch), .up)

    var notes: [Note] = []
    notes += fit(&recipe.teacher.training, "teacher.training", teacherImages, batch) {
      "\($0) passes over D"
    }
    notes += fit(&recipe.student.training, "student.training", studentImages, studentBatch) {
      "\($0) times D; below 120 times, Figure 4 shows a loss instead of a gain"
    }
    if isFew, recipe.ranking.labelsPerImage > 1 {
      recipe.student.targets = .soft
      notes.append(
        Note(key: "student.targets", reason: "what the teacher doubts, the student may, too"))
    }
    recipe.baseline.training = recipe.teacher.training
    // Written out, so that a teacher that is changed later leaves the comparison as it is.
    let ofTeacher = notes.filter { $0.key.hasPrefix("teacher.training.") }
    notes.append(
      Note(
        key: "baseline.enabled", reason: "the student's network on D alone, to measure U's gain by")
    )
    notes += ofTeacher.map { note in
      let key = note.key.replacing("teacher.", with: "baseline.")
      return Note(key: key, reason: "as the teacher's")
    }
    recipe.fineTuning.training.augmentation = recipe.teacher.training.augmentation
    if isFew {
      recipe.fineTuning.training.augmentation.autoAugment = .none
      notes.append(
        Note(
          key: "fineTuning.training.augmentation.autoAugment",
          reason: "weaker views: it is short, and gentle"))
    }
    return notes + fitFineTuning(&recipe.fineTuning.training, batch)
  }

  func fit(
    _ training: inout Recipe.Training, _ key: String, _ images: Int, _ batch: Int,
    why: (Int) -> String
  ) -> [Note] {
    training.images = images
    training.batch = batch
    training.learningRate = isFew ? 0.1 : 0.1 * Double(batch) / 256
    training.warmUpFrom = training.learningRate / 10
    var notes = [
      Note(key: "\(key).images", reason: why(images / labelled.count)),
      Note(key: "\(key).batch", reason: "small for little data: more steps from as many images"),
      Note(
        key: "\(key).learningRate",
        reason: isFew
          ? "high for so small a batch, measured with few labels (Benchmarks/README.md)"
          : "0.1 a batch of 256, in proportion"),
      Note(key: "\(key).warmUpFrom", reason: "a tenth of the rate, over the first 1 %"),
    ]
    if isFew {
      training.weightDecay = decay * 32 / Double(batch)
      let reason =
        batch == 32
        ? "1 / labels, at least 5e-4 and at most 2e-3, for batches of 32 (Benchmarks/README.md)"
        : "half of the teacher's, for batches twice as large"
      notes.append(Note(key: "\(key).weightDecay", reason: reason))
    }
    if images < 50_000_000 {
      training.schedule = .cosine
      let reason = "a short training is longer at useful rates than with 13 halvings"
      notes.append(Note(key: "\(key).schedule", reason: reason))
    }
    return notes + fit(&training.augmentation, "\(key).augmentation")
  }

  func fitFineTuning(_ training: inout Recipe.Training, _ batch: Int) -> [Note] {
    let key = "fineTuning.training"
    training.epochs = 30
    training.batch = batch
    training.learningRate = (isLarge ? 0.00025 : 0.0025) * Double(batch) / 256
    training.warmUpFrom = training.learningRate
    training.drops = [10, 20]
    return [
      Note(key: "\(key).epochs", reason: "a third of the paper's 100, as are the drops"),
      Note(key: "\(key).batch", reason: isFew ? "as the teacher's" : "as in pre-training"),
      Note(
        key: "\(key).learningRate",
        reason: isLarge
          ? "the paper's 0.00025 a batch of 256"
          : "ten times the paper's 0.00025 a batch of 256, for there are few steps"),
      Note(key: "\(key).warmUpFrom", reason: "no warm-up"),
      Note(key: "\(key).drops", reason: "a tenth of the rate, then a hundredth"),
    ]
  }

  func fit(_ augmentation: inout TrainingSettings.Augmentation, _ key: String) -> [Note] {
    var notes: [Note] = []
    if isSmall {
      augmentation.crop = .padded
      augmentation.padding = max(1, side / 8)
      notes += [
        Note(key: "\(key).crop", reason: "usual for small pictures"),
        Note(key: "\(key).padding", reason: "an eighth of the side"),
      ]
    } else if !isLarge {
      augmentation.scale = 0.25...1
      let reason = "at least a quarter: a short training does not digest the usual 0.08"
      notes.append(Note(key: "\(key).scale", reason: reason))
    }
    if isFew {
      (augmentation.autoAugment, augmentation.erasing) = (.randAugment, 0.5)
      let reason = "hides a part, so that few labels are not learned by heart"
      notes += [
        Note(
          key: "\(key).autoAugment",
          reason: "strong views: +6.4 points on CIFAR-10 with 500 labels (Benchmarks/README.md)"),
        Note(key: "\(key).erasing", reason: reason),
      ]
    } else if perClass < 50 {
      augmentation.erasing = 0.25
      let reason = "keeps the network from learning \(perClass) labels a class by heart"
      notes.append(Note(key: "\(key).erasing", reason: reason))
    }
    return notes
  }

  // MARK: - Warnings

  var warnings: [String] {
    var warnings: [String] = []
    if unlabelled.count < 10 * labelled.count {
      let times = String(format: "%.1f", Double(unlabelled.count) / Double(labelled.count))
      warnings.append("U is only \(times) times D; the gain grows with U (Figure 3)")
    }
    if perClass < 20 {
      warnings.append(
        "\(perClass) labels a class make a weak teacher; one weaker than the baseline "
          + "costs accuracy (Table 3)")
    }
    if unlabelled.unreadable > 0 {
      warnings.append(
        "U: \(unlabelled.unreadable) of the \(unlabelled.looked) pictures looked at cannot be read")
    }
    if labelled.channels != unlabelled.channels {
      warnings.append(
        "D has \(labelled.channels) channels and U \(unlabelled.channels); U's are converted")
    }
    return warnings
  }

  /// `value` to two significant digits.
  static func rounded(_ value: Int, _ rule: FloatingPointRoundingRule) -> Int {
    guard value >= 100 else { return value }
    let unit = pow(10, Double(String(value).count - 2))
    return Int((Double(value) / unit).rounded(rule) * unit)
  }
}
