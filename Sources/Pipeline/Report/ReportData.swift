import Ranking
import Recipes
import Training

/// Everything that a report shows, gathered: no file is read once this is there.
struct ReportData {
  /// The recipe of the run.
  var recipe: Recipe
  /// What the run came to.
  var summary: Summary
  /// The classes in the order of their labels.
  var classNames: [String]
  /// On which pictures the accuracies were measured; nil where there were none.
  var measuredOn: MeasuredSet?
  /// The trainings of this recipe, in the order in which they are run.
  var trainings: [Training] = []
  /// The tags that the teacher learned first; nil without stage 0 and before it.
  var tags: TagStatistics?
  /// What was put behind a frozen network; nil where the teacher is none, or is not finished.
  var frozenTeacher: FrozenTeacherRecord?
  /// What the finished stages left, of several rounds the first one's, and the last one's for the student.
  var markers: [Stage: StageMarker] = [:]
  /// The last round that is finished.
  var lastRound = 1
  /// What the pipeline's stages left in rounds whose markers are not above.
  var otherRounds: [StageMarker] = []
  /// What was selected; nil before the selection.
  var selection: Selected?
  /// Copies, what was left out and how tags agree; nil before the selection.
  var inspection: Inspection?
  /// Where scores come from that no teacher of the run made; nil where one did.
  var source: ScoreProvenance?
  /// Where the student's pictures are kept at training size; nil where it has U's own.
  var cache: CacheNote?
  /// How far several teachers agree; nil where there are not several.
  var agreement: TeacherAgreement?
  /// How many of the selected labels are right, by pictures that were held out; nil where that cannot be said.
  var purity: PurityEstimate?
  /// Why it cannot.
  var purityUnknown: String?
  /// The same of the ranks to K/2, and of those after it.
  var purityByRanks: (early: PurityEstimate.Share, late: PurityEstimate.Share)?
  /// What a dry run of the recipe warns of.
  var planWarnings: [Preflight.Warning] = []
  /// What networks said of each measured picture, of those that noted it.
  var predictions: [Stage: MeasuredPredictions] = [:]
  /// The measured pictures that the student is surest and wrong about.
  var mistakes: [Mistake] = []
  /// What `halcyon label-errors` found in D; nil where it was not asked, or of another teacher or other pictures.
  var labelErrors: LabelErrors?
  /// Whether it was asked of those.
  var labelErrorsAreOthers = false
  /// The most dubious labels.
  var dubious: [Mistake] = []
  /// The pictures at chosen ranks; nil before the selection.
  var pictures: ImageGrid?
  /// What a reader should know before the figures.
  var caveats: [String] = []
  /// What went less than well on the way, and may cost accuracy.
  var warnings: [String] = []
  /// What else is worth knowing of the way.
  var notes: [String] = []
  /// The stages that are still to come.
  var missing: [Stage] = []

  /// Labelled pictures on which accuracies are measured.
  enum MeasuredSet: String {
    /// Held out during training, and looked at while tuning.
    case validation
    /// Only ever for final figures.
    case test
  }

  /// One network's training.
  struct Training {
    /// Which.
    var stage: Stage
    /// The network's name.
    var model: String
    /// How it was trained; nil of a network that stays as it is.
    var training: Recipe.Training?
    /// Nil while it is not finished.
    var marker: StageMarker?
    /// What was logged on the way.
    var rows: [MetricsTable.Row] = []
    /// How often the network is right, per class; nil where that was not measured.
    var evaluation: Evaluation?
  }

  /// The selection in numbers.
  struct Selected {
    /// Images, each counted once.
    var images: Int
    /// K.
    var imagesPerClass: Int
    /// P.
    var labelsPerImage: Int
    /// How full, how sure and how pure.
    var statistics: SelectionStatistics
    /// Labels, an image in two lists counted twice.
    var labels: Int { statistics.classes.reduce(0) { $0 + $1.count } }
  }

  /// The training of one stage, when the recipe has it.
  func training(_ stage: Stage) -> Training? { trainings.first { $0.stage == stage } }

  /// How often the network of a stage is right, per class.
  func evaluation(_ stage: Stage) -> Evaluation? { training(stage)?.evaluation }

  /// The folder of a stage's result, in the run's directory.
  func folder(of stage: Stage) -> String {
    lastRound > 1 && stage.makesStudent
      ? "\(RunDirectory.roundFolder(lastRound))/\(stage.folder)" : stage.folder
  }

  /// A marker of any stage.
  func marker(_ stage: Stage) -> StageMarker? { markers[stage] }

  /// How many pictures the validation in training was of, where there are any.
  var validationImages: Int?

  /// By how much the gain may be chance; nil where it is not known.
  var gainInterval: GainInterval? { interval(of: .fineTuning, over: .baseline) }

  /// By how much the difference of two stages' accuracies may be chance; nil where one was not measured.
  func interval(of stage: Stage, over other: Stage) -> GainInterval? {
    GainInterval(
      evaluation(other), evaluation(stage),
      pairs: predictions[stage].flatMap { own in
        predictions[other].flatMap { own.discordant(with: $0) }
      })
  }

  /// What ranking all of U took; nil while that is not finished.
  var ranking: StageMarker? { marker(.ranking) }

  /// The pictures that a stage saw and the seconds that it took, of all stages together; nil while
  /// one is missing.
  var pipeline: (images: Int, seconds: Double)? {
    var total = (images: 0, seconds: 0.0)
    for stage in Stage.pipeline where recipe.includes(stage) {
      guard let marker = marker(stage) else { return nil }
      total.images += marker.imagesSeen
      total.seconds += marker.seconds
    }
    for marker in otherRounds {
      total.images += marker.imagesSeen
      total.seconds += marker.seconds
    }
    return total
  }
}
