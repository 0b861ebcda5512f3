import Files
public import Recipes
import SystemPackage
import Training

/// A part of a run that is done, resumed or skipped as a whole, in the order in which a run does them.
///
/// What a stage is stands here alone: plans, summaries, reports and the check of what results depend on
/// are loops over its facts. A new stage is a case, its facts, and a folder with what it does.
public enum Stage: String, CaseIterable, Codable, Sendable {
  /// The student's architecture trained on the labelled pictures alone.
  case baseline
  /// Stage 0: the teacher's network on the tags of W.
  case pretraining
  /// Stage 1, first half: the teacher on other labelled pictures than D.
  case taskTuning
  /// Stage 1: the teacher.
  case teacher
  /// Stage 2: scores and selection.
  case ranking
  /// Stage 3: the student before fine-tuning.
  case student
  /// Stage 4: the student.
  case fineTuning
  /// The baseline for as many images as the whole pipeline saw.
  case baselineLong
}

extension Stage {
  /// What there is to know of a stage.
  struct Facts {
    /// Its folder in a run directory.
    var folder: String
    /// What it is called in messages.
    var title: String
    /// What its result is called where results are compared.
    var result: String
    /// Whether it is one of the pipeline's own, not a comparison with it.
    var isOfPipeline: Bool
    /// The pictures that its network learns from; nil where it learns from none.
    var learns: Images?
    /// These, where this stage alone has them.
    var own: OwnImages?
    /// How it trains its network; nil where it trains none.
    var training: TrainingFacts?
    /// Whether its network is the teacher's.
    var isOfTeacher = false
    /// The stage whose result it begins with, and the file that this is; where a recipe has not that
    /// stage, it is the one before it (`Recipe.beginning(of:)`).
    var begins: (with: Stage, file: String)?
    /// The groups and keys of a recipe that it depends on besides those of the stage before it.
    var keys: [String]
    /// The key that names weights which its network starts from; nil where there is none.
    var startFrom: StartKey?
    /// Where the accuracy of its network stands; nil where none is measured.
    var accuracy: AccuracyFacts?
    /// Whether a run of a recipe has it.
    var isIncluded: (Recipe) -> Bool = { _ in true }
    /// Does it, or nothing where it is done.
    var perform: (Run) throws -> Void

    /// Whether it learns from the labels of D.
    var learnsFromLabels: Bool { learns == .labelled }
  }

  /// Pictures that a network learns from.
  enum Images {
    /// D.
    case labelled
    /// Pictures that this stage alone has: W or V.
    case own
    /// D̂.
    case selected
  }

  /// Labelled pictures that one stage alone has.
  struct OwnImages {
    /// The key of a recipe that names them.
    var key: String
    /// What messages call the set.
    var set: String
    /// What they and their classes are called in a sentence.
    var words: (images: String, classes: String)
    /// The keys whose words only say where they lie.
    var places: [String]
    /// Which of them are left out because D or the test pictures hold them too.
    var leaveOut: KeyPath<Recipe, Recipe.Duplicates>
  }

  /// What there is to know of a stage's training.
  struct TrainingFacts {
    /// The group of a recipe that its settings stand in, as `training`.
    var group: String
    /// Its settings.
    var settings: WritableKeyPath<Recipe, Recipe.Training>
    /// Whether a recipe trains the network, which else stays as it is.
    var isTrained: (Recipe) -> Bool = { _ in true }
    /// Whether it sees as many images as the stages of the pipeline together.
    var isAsLongAsPipeline = false
  }

  /// What there is to know of the accuracy of a stage's network.
  struct AccuracyFacts {
    /// What its two keys in `summary.json` begin with: `teacher` for `teacher_top1` and `teacher_top5`.
    var key: String
    /// What the model card calls the network.
    var name: (Recipe) -> String
  }

  /// What there is to know of this stage.
  var facts: Facts {
    switch self {
    case .baseline:
      Facts(
        folder: "baseline", title: "baseline", result: "Supervised baseline", isOfPipeline: false,
        learns: .labelled,
        training: .init(group: "baseline", settings: \.baseline.training),
        keys: Self.keysOfBaseline, startFrom: Recipe.studentStart,
        accuracy: .init(key: "supervised") {
          "\($0.student.model) on the labelled pictures alone"
        },
        isIncluded: { $0.baseline.enabled },
        perform: TrainBaseline.perform(in:))
    case .pretraining:
      Facts(
        folder: "0-pretrained", title: "teacher's pre-training", result: "Teacher before D",
        isOfPipeline: true, learns: .own,
        own: .init(
          key: "data.tagged", set: "tagged", words: ("tagged pictures", "the tags"),
          places: Recipe.tagWords, leaveOut: \.teacher.pretraining.leaveOut),
        training: .init(
          group: "teacher.pretraining", settings: \.teacher.pretraining.training),
        isOfTeacher: true,
        keys: [
          "data.tagged", "data.taggedSplit", "data.taggedTags", "teacher.pretraining.",
          "teacher.model", "teacher.stem", "teacher.width", "teacher.startFrom",
        ],
        startFrom: Recipe.teacherStart,
        isIncluded: { $0.data.tagged != nil && $0.teacher.kind == .trained },
        perform: PretrainTeacher.perform(in:))
    case .taskTuning:
      Facts(
        folder: "0-tuned", title: "teacher's tuning on V", result: "Teacher on V",
        isOfPipeline: true, learns: .own,
        own: .init(
          key: "teacher.fineTuneOn.labelled", set: "task", words: ("pictures V", "the classes"),
          places: Recipe.taskWords, leaveOut: \.teacher.fineTuneOn.leaveOut),
        training: .init(group: "teacher.fineTuneOn", settings: \.teacher.fineTuneOn.training),
        isOfTeacher: true, begins: (.pretraining, "model.safetensors"),
        keys: [
          "teacher.fineTuneOn.", "teacher.model", "teacher.stem", "teacher.width",
          "teacher.startFrom",
        ],
        startFrom: Recipe.teacherStart,
        isIncluded: { $0.teacher.fineTuneOn.labelled != nil && $0.teacher.kind == .trained },
        perform: TuneTeacher.perform(in:))
    case .teacher:
      Facts(
        folder: "1-teacher", title: "teacher", result: "Teacher", isOfPipeline: true,
        learns: .labelled,
        training: .init(group: "teacher", settings: \.teacher.training) {
          $0.teacher.kind == .trained
        },
        isOfTeacher: true, begins: (.taskTuning, "model.safetensors"), keys: ["teacher."],
        startFrom: Recipe.teacherStart,
        accuracy: .init(key: "teacher") { "teacher (\($0.teacher.model))" },
        isIncluded: { $0.teacher.kind != .given },
        perform: TrainTeacher.perform(in:))
    case .ranking:
      Facts(
        folder: "2-ranking", title: "ranking", result: "Scores and selection", isOfPipeline: true,
        begins: (.teacher, "model.safetensors"), keys: ["ranking."],
        perform: { run in
          try ScoreImages.perform(in: run, forStudent: true)
          try run.onFirst { try SelectTopImages.perform(in: run) }
        })
    case .student:
      Facts(
        folder: "3-student", title: "student", result: "Student before fine-tuning",
        isOfPipeline: true, learns: .selected,
        training: .init(group: "student", settings: \.student.training),
        begins: (.ranking, "selected.bin"), keys: ["student."],
        startFrom: Recipe.studentStart,
        accuracy: .init(key: "pretrained") { _ in "student before fine-tuning" },
        perform: PretrainStudent.perform(in:))
    case .fineTuning:
      Facts(
        folder: "4-fine-tuned", title: "fine-tuning", result: "Student", isOfPipeline: true,
        learns: .labelled, training: .init(group: "fineTuning", settings: \.fineTuning.training),
        begins: (.student, "model.safetensors"), keys: ["fineTuning."],
        accuracy: .init(key: "student") { _ in "student" }, perform: FineTuneStudent.perform(in:))
    case .baselineLong:
      Facts(
        folder: "baseline-long", title: "long baseline",
        result: "Baseline, as many images as the pipeline", isOfPipeline: false,
        learns: .labelled,
        training: .init(
          group: "baseline", settings: \.baseline.training, isAsLongAsPipeline: true),
        keys: Self.keysOfBaseline, startFrom: Recipe.studentStart,
        accuracy: .init(key: "supervised_long") { _ in "the same, as long as the whole pipeline" },
        isIncluded: { $0.baseline.enabled && $0.baseline.long },
        perform: TrainBaseline.performLong(in:))
    }
  }

  /// What both baselines depend on.
  private static let keysOfBaseline = [
    "baseline.training.", "student.model", "student.stem", "student.width", "student.startFrom",
  ]

  /// The stage's folder in a run directory.
  public var folder: String { facts.folder }

  /// The stage in words: "fine-tuning".
  public var title: String { facts.title }

  /// Under which key of a recipe the stage's training stands.
  var recipeKey: String { facts.training?.group ?? rawValue }

  /// Whether the network that it trains is the teacher's.
  var isOfTeacher: Bool { facts.isOfTeacher }

  /// Whether its network becomes the student's: of several rounds, what is told of it is the last one's.
  var makesStudent: Bool { self == .student || self == .fineTuning }

  /// Whether accuracies are measured of its network: selecting has none, and stage 0's knows other classes.
  var isMeasured: Bool { facts.accuracy != nil }

  /// The models that a run has left in `folder`, the best last: of several rounds the last student.
  static func models(in folder: String) -> [String] {
    let run = RunDirectory(path: folder)
    let rounds = (try? Recipe(contentsOf: run.recipePath))?.rounds ?? 1
    let places =
      comparisonsFirst.map { "\(folder)/\($0.folder)" }
      + run.trainedRounds(of: rounds).map { run.round($0).folder(of: .fineTuning) }
    return places.filter { FilePath(text: "\($0)/model.safetensors").exists }
  }

  /// The stages of the pipeline: the four, and what the teacher learns before D, which not every recipe has.
  static var pipeline: [Stage] { allCases.filter(\.facts.isOfPipeline) }

  /// What the pipeline is compared with.
  static var comparisons: [Stage] { allCases.filter { !$0.facts.isOfPipeline } }

  /// What the pipeline is compared with, then its stages: the order in which results are shown.
  static var comparisonsFirst: [Stage] { comparisons + pipeline }

  /// The stages that come after this one in the pipeline, of which each needs the one before.
  var later: [Stage] {
    Self.allCases.filter { $0.facts.begins?.with == self }.flatMap { [$0] + $0.later }
  }
}

/// A key of a recipe that names weights to start from.
struct StartKey: Sendable {
  /// Such as `teacher.startFrom`.
  let key: String
  /// The weights that a recipe names, if any.
  let source: @Sendable (Recipe) -> String?

  /// The key's group: `teacher`.
  var group: String { String(key.prefix { $0 != "." }) }
}

extension Recipe {
  static let teacherStart = StartKey(key: "teacher.startFrom") {
    $0.includes(.teacher) ? $0.teacher.startFrom : nil
  }
  static let studentStart = StartKey(key: "student.startFrom") { $0.student.startFrom }
  /// All of these keys.
  static let starts = [teacherStart, studentStart]

  /// The stage of this recipe whose result `stage` begins with, and the file that this is.
  func beginning(of stage: Stage) -> (with: Stage, file: String)? {
    guard let begins = stage.facts.begins else { return nil }
    return includes(begins.with) ? begins : beginning(of: begins.with)
  }

  /// How the stage trains its network; nil where it trains none.
  func training(of stage: Stage) -> Training? {
    guard let training = stage.facts.training, training.isTrained(self) else { return nil }
    return self[keyPath: training.settings]
  }

  /// What the stage's network learns from U by itself; nil where it does not.
  func consistency(of stage: Stage) -> ConsistencySettings? {
    let consistency = student.consistency
    return switch (consistency.use, stage) {
    case (.instead, .student), (.after, .fineTuning): consistency.settings
    default: nil
    }
  }

  /// Whether the stage's network learns selected pictures: a student need not, but D alone, with U beside it or with
  /// labels that the teacher refines.
  func learnsSelected(_ stage: Stage) -> Bool {
    stage.facts.learns == .selected && consistency(of: stage) == nil && student.mixLabelled < 1
  }

  /// Whether a run of this recipe has the stage.
  public func includes(_ stage: Stage) -> Bool { stage.facts.isIncluded(self) }
}
