public import ImageData
public import Models
public import Shards
public import Training

/// Everything a run depends on: the data, the networks, the four stages and how they are trained.
///
/// The defaults are the paper's (arXiv:1905.00546). A recipe is read from YAML by
/// `Recipe(contentsOf:)`, whose keys are the property names below, and written with every default
/// by `yaml`.
///
/// ```swift
/// var recipe = Recipe(name: "birds", labelled: "birds", unlabelled: "flickr")
/// recipe.ranking.imagesPerClass = 4_000
/// recipe.student.training.images = 100_000_000
/// ```
public struct Recipe: Equatable, Sendable {
  /// The run's name: its directory is `runs/NAME` unless another is asked for.
  public var name: String
  /// The number from which every random choice follows.
  public var seed = 0
  /// What computes.
  public var device = DeviceChoice.auto
  /// The number format of the network's arithmetic.
  public var precision = PrecisionChoice.auto
  /// Compute threads.
  public var threads = ThreadChoice.auto
  /// Decoding threads; 0 means all cores.
  public var workers = 0
  /// How many rounds there are: the student of each is the teacher of the next one.
  public var rounds = 1
  /// Where the pictures are.
  public var data: Data
  /// What the networks see.
  public var input = Input()
  /// Stage 1: the network that labels the unlabelled pictures.
  public var teacher = Teacher()
  /// Stage 2: which unlabelled pictures are kept.
  public var ranking = Ranking()
  /// Stage 3: the network that learns from them.
  public var student = Student()
  /// Stage 4: the student's training on the true labels.
  public var fineTuning = FineTuning()
  /// The comparison: the student's architecture trained on the labelled pictures alone.
  public var baseline = Baseline()
  /// How accuracy is measured.
  public var evaluation = Evaluation()
  /// How often a run is saved.
  public var checkpoints = Checkpoints()
  /// What the report shows.
  public var report = Report()

  /// A recipe with the paper's values for the pictures in `labelled` and `unlabelled`.
  public init(name: String, labelled: String, unlabelled: String) {
    self.name = name
    data = Data(labelled: labelled, unlabelled: unlabelled)
  }

  /// What computes.
  public enum DeviceChoice: String, CaseIterable, Sendable {
    /// A GPU where there is one, otherwise the CPU.
    case auto
    /// The CPU.
    case cpu
    /// An NVIDIA GPU.
    case cuda
  }

  /// The number format of the teacher's arithmetic while it scores.
  public enum ScoringPrecision: String, CaseIterable, Sendable {
    /// That of all other arithmetic.
    case auto
    /// bfloat16.
    case bf16
    /// Single precision.
    case float32
    /// Convolutions of bytes, calibrated on labelled pictures.
    case int8
  }

  /// The number format of the network's arithmetic.
  public enum PrecisionChoice: String, CaseIterable, Sendable {
    /// bfloat16 where the hardware has it, otherwise float32.
    case auto
    /// bfloat16 with float32 weights.
    case bf16
    /// Single precision.
    case float32
  }
}

// MARK: - Data and input

extension Recipe {
  /// Where the pictures are.
  public struct Data: Equatable, Sendable {
    /// The word for "the pictures of `labelled` that `labelledCount` left".
    public static let rest = "rest"

    /// The labelled pictures D: a folder, an IDX file, a list, or shards with labels.
    public var labelled: String
    /// The split column's value in a CSV, or `train`/`test` of a folder of IDX files.
    public var labelledSplit: String?
    /// The classes that are told apart: of the labelled, validation and test pictures only these are taken; nil
    /// means all that D has. U keeps all of its pictures.
    public var labelledClasses: [String]?
    /// How many labelled pictures to use, drawn by seed, the same from each class; nil means all.
    public var labelledCount: Int?
    /// The unlabelled pictures U: a folder, shards, a list, an index, or `rest`.
    public var unlabelled: String
    /// As `labelledSplit`, for U.
    public var unlabelledSplit: String?
    /// Where U is `rest`, how many times as much of the most frequent class is kept as of the rarest (`longTail`);
    /// nil keeps all.
    public var unlabelledImbalance: Double?
    /// Labelled pictures that are only measured on during training.
    public var validation: String?
    /// As `labelledSplit`, for the validation pictures.
    public var validationSplit: String?
    /// Without `validation`: the part of D that is held out, stratified, by seed.
    public var validationFraction = 0.0
    /// Labelled pictures that are only measured on at the end.
    public var test: String?
    /// As `labelledSplit`, for the test pictures.
    public var testSplit: String?
    /// How many pictures D has: what a dry run counts with where the pictures are not there.
    public var labelledImages: Int?
    /// As `labelledImages`, for U.
    public var unlabelledImages: Int?
    /// As `labelledImages`, for the classes.
    public var classCount: Int?
    /// W, whose tags the teacher learns before D: shards with tags, a list with a column `tags`, or any
    /// pictures with `taggedTags`; nil means that there is no stage 0.
    public var tagged: String?
    /// As `labelledSplit`, for W.
    public var taggedSplit: String?
    /// A list of `key,tags` for the pictures of W, where their tags stand by themselves.
    public var taggedTags: String?
    /// As `labelledImages`, for W.
    public var taggedImages: Int?
    /// As `labelledImages`, for the classes that W's tags are.
    public var tagClassCount: Int?
    /// How many pictures of U share one score file, where U has no shards of its own.
    public var shardSize = 10_000
    /// A CSV of `tag,class`: only pictures of U with one of its tags are scored.
    public var requireTags: String?
    /// The share of pictures that may be unreadable before the run stops; 1 never stops it.
    public var unreadableLimit = 0.01
    /// A picture with more pixels is refused before it is decoded; a WebP may have a third, a
    /// progressive JPEG half as many, which cost as much.
    public var maxPixels = ImageDecoder.defaultMaxPixels
    /// A folder in which scoring leaves U's pictures at training size, from which the student is then
    /// pre-trained; nil means none.
    public var cache: String?
    /// The shorter side of these in pixels; nil means `input.resize`, or 8/7 of `input.size` where that is
    /// more.
    public var cacheSize: Int?
    /// How they are written.
    public var cacheFormat = CacheFormat.Encoding.jpeg
    /// The quality of those that are JPEGs, 1 to 100.
    public var cacheQuality = CacheFormat.defaultQuality
    /// Which shell commands may run to read U; nil for those that `unlabelled` itself names. It is
    /// no key of a recipe: who opens the recipe says it.
    public var commands: CommandPermission?

    /// The commands that may run.
    package var permission: CommandPermission { commands ?? CommandPermission(namedIn: unlabelled) }

    /// The defaults, for the pictures in `labelled` and `unlabelled`.
    public init(labelled: String, unlabelled: String) {
      self.labelled = labelled
      self.unlabelled = unlabelled
    }

    /// Whether U is what `labelledCount` left of `labelled`.
    public var unlabelledIsRest: Bool { unlabelled == Self.rest }
  }
}

// MARK: - Stages

extension Recipe {
  /// A network's first layers.
  public typealias Stem = Models.Stem
  /// What the networks see.
  public typealias Input = ImageInput
  /// How one network is trained.
  public typealias Training = TrainingSettings

  /// Stage 1: the network that labels the unlabelled pictures.
  public struct Teacher: Equatable, Sendable {
    /// How it comes about.
    public var kind = TeacherKind.trained
    /// The architecture's name, as `halcyon models` lists it.
    public var model = "resnext101_32x48d"
    /// Its first layers.
    public var stem = Stem.standard
    /// The channels of its first stage.
    public var width = 64
    /// A model folder or a file of weights (safetensors, or PyTorch's `.pth`, `.pt`, `.bin`) to start from.
    public var startFrom: String?
    /// Stage 0: what it learns from the tags of W before D.
    public var pretraining = Pretraining()
    /// Stage 1, first half: other labelled pictures that it learns before D.
    public var fineTuneOn = FineTuneOn()
    /// How it is trained on D.
    public var training = Training.supervised
    /// `knn`: how many labelled pictures, the nearest ones, vote.
    public var neighbours = 20
    /// `knn`: what their similarities are divided by; the lower, the more the nearest counts.
    public var temperature = 0.07

    /// The defaults.
    public init() {}
  }

  /// Stage 2: which unlabelled pictures are kept.
  public struct Ranking: Equatable, Sendable {
    /// P: how many of its best classes each picture is ranked in.
    public var labelsPerImage = 10
    /// K: how many of its best pictures each class keeps.
    public var imagesPerClass = 16_000
    /// Runs over the same pictures whose scores' mean is selected from; with the teacher `given`.
    public var teachers: [String] = []
    /// Pictures a forward pass scores at once.
    public var batch = 64
    /// The number format of the teacher's arithmetic while it scores.
    public var precision = ScoringPrecision.auto
    /// Pictures below this score (a class's log-odds) are not kept; nil keeps all.
    public var minimumScore: Double?
    /// Which pictures a class gets.
    public var strategy = Strategy.balanced
    /// `unbalanced`: how many pictures each class gets; empty means Zipf's law.
    public var classCounts: [Int] = []
    /// `unbalanced`: the exponent of Zipf's law.
    public var zipfExponent = 1.0
    /// `tags` and `tagsRanked`: a CSV of `tag,class`; nil means `data.requireTags`, or, where `imageTags` are
    /// given, that a tag means the class of its name.
    public var tags: String?
    /// `tags` and `tagsRanked`: a list of `key,tags` for U's pictures, where their tags stand by themselves.
    public var imageTags: String?
    /// The part of U that takes part, drawn by the pictures' keys: 1 is all of it.
    public var fraction = 1.0
    /// What that part, and the random pictures of `tags`, are drawn from.
    public var fractionSeed = 0
    /// Whether a class with fewer than K pictures repeats some of them.
    public var fillByRepetition = false
    /// What is done about copies among the candidates.
    public var duplicates = Duplicates.near
    /// How many candidates a class has, as a multiple of K, so that copies can be
    /// replaced.
    public var candidates = 2.0
    /// Which pictures of U are left out because D or the test pictures hold them too.
    public var leaveOut = Duplicates.near
    /// Whether to select although some shards have no scores.
    public var allowMissing = false

    /// The defaults.
    public init() {}

    /// How many of U's `count` pictures take part, by `fraction`.
    package func part(of count: Int) -> Int {
      fraction < 1 ? Int((fraction * Double(count)).rounded()) : count
    }
  }

  /// Which pictures a class gets; the last three are the subsets of the paper's Table 5.
  public enum Strategy: String, CaseIterable, Sendable {
    /// The K best of each class.
    case balanced
    /// As many as all classes' K together, shared out unevenly; of each class the best.
    case unbalanced
    /// K random ones of those that carry a tag of the class.
    case tags
    /// The K best of those that carry a tag of the class.
    case tagsRanked

    /// Whether it asks what tags U's pictures carry.
    public var needsTags: Bool { self == .tags || self == .tagsRanked }
  }

  /// Which pictures count as the same.
  public enum Duplicates: String, CaseIterable, Sendable {
    /// None.
    case keep
    /// Those with the same bytes.
    case exact
    /// Those that look the same, too: encoded anew, resized or cropped a little.
    case near
  }

  /// What a selected picture's target is.
  public enum Targets: String, CaseIterable, Sendable {
    /// Its classes, all alike: the paper's.
    case hard
    /// The teacher's probabilities of its P best classes.
    case soft
    /// The teacher's probabilities of each view that the student sees of it.
    case teacher
  }

  /// Stage 3: the network that learns from the selected pictures.
  public struct Student: Equatable, Sendable {
    /// The architecture's name, as `halcyon models` lists it.
    public var model = "resnet50"
    /// Its first layers.
    public var stem = Stem.standard
    /// The channels of its first stage.
    public var width = 64
    /// A model folder or a file of weights to start from, as the baseline then does, too.
    public var startFrom: String?
    /// What a selected picture's target is.
    public var targets = Targets.hard
    /// `soft` and `teacher`: what the teacher's probabilities are flattened by, p^(1/T); 1 leaves them as they are.
    public var temperature = 1.0
    /// The part of the pictures seen that is from D, beside the selected ones; 0 for none, and 1, with the targets
    /// `teacher`, for D alone.
    public var mixLabelled = 0.0
    /// What it learns from U by itself.
    public var consistency = Consistency()
    /// How it is pre-trained on the selected pictures.
    public var training = Training.pretraining

    /// The defaults.
    public init() {}
  }

  /// Stage 4: the student's training on the true labels.
  public struct FineTuning: Equatable, Sendable {
    /// How the student is fine-tuned on D; a loss or an augmentation that a recipe leaves out is
    /// the teacher's.
    public var training = Training.fineTuning

    /// The defaults.
    public init() {}
  }

  /// The comparison: the student's architecture trained on the labelled pictures alone.
  public struct Baseline: Equatable, Sendable {
    /// Whether it is trained.
    public var enabled = true
    /// Whether it is trained once more, for as many images as the whole pipeline saw.
    public var long = false
    /// How it is trained on D; what a recipe leaves out is the teacher's value.
    public var training = Training.supervised

    /// The defaults.
    public init() {}
  }
}
