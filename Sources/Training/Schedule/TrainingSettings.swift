/// How one network is trained: its budget, its optimiser, its schedule and what it sees.
///
/// Exactly one of `images` and `epochs` is set.
public struct TrainingSettings: Equatable, Sendable {
  /// The recipe of today that what is not given otherwise is from.
  public var preset = Preset.none
  /// The paper's #iter: how many images are seen in all.
  public var images: Int? = 1_000_000_000
  /// Or passes over the stage's data.
  public var epochs: Int?
  /// Images of one optimiser step.
  public var batch = 1_536
  /// In how many equal parts (micro-batches) a batch is computed.
  public var accumulate = 1
  /// In how many equal parts each of these is computed, each by one thread and with a batch norm of its own,
  /// as processes would: for networks too small for two threads of one pool. How many threads take them is no
  /// matter. On CPUs alone.
  public var replicas = 1
  /// Whether batch norm takes its statistics over all replicas of an accumulated part, in whichever processes, as if it
  /// were one; else each replica has its own, as the paper's GPUs.
  public var syncBatchNorm = false
  /// The highest learning rate.
  public var learningRate = 0.6
  /// The learning rate at the first step of the warm-up; never more than `learningRate`.
  public var warmUpFrom = 0.1
  /// Images of the warm-up; nil means 6.4 million or 1 % of the budget, whichever is less.
  public var warmUpImages: Int?
  /// How the rate falls after the warm-up.
  public var schedule = Schedule.halving
  /// `halving`: how often the rate is halved, at equal intervals of the whole length.
  public var halvings = 13
  /// `steps`: the epochs after which the rate is multiplied by `dropFactor`.
  public var drops = [30, 60, 90]
  /// `steps`: what the rate is multiplied by.
  public var dropFactor = 0.1
  /// The optimiser, by its name in `Optimizers`.
  public var optimizer = "sgd"
  /// SGD's momentum.
  public var momentum = 0.9
  /// Whether the momentum is Nesterov's.
  public var nesterov = false
  /// The L2 penalty's factor, of SGD; AdamW shrinks weights by it, times the rate, a step.
  public var weightDecay = 0.0001
  /// What the rate is multiplied by for each layer that lies nearer to the picture; AdamW's alone.
  public var layerDecay = 1.0
  /// The probability that the last block's branch is left out for a picture; less for earlier blocks.
  public var dropPath = 0.0
  /// How much of the weights' moving average is kept in a step, such as 0.9998; the average is then what is
  /// measured and becomes the model. 0: there is none.
  public var ema = 0.0
  /// Whether less of it is kept in the first steps.
  public var emaWarmUp = false
  /// The loss on images with several labels.
  public var loss = Loss.softmax
  /// How much of an image's target is shared by all classes alike.
  public var labelSmoothing = 0.0
  /// `sigmoid`: the target above which a class counts as present, wholly; nil takes targets as they are.
  public var targetThreshold: Double?
  /// The order in which images are seen.
  public var order = Order.uniform
  /// How a training picture is varied.
  public var augmentation = Augmentation()
  /// Whether only the last layer is trained.
  public var freezeBackbone = false

  /// The defaults: the paper's pre-training.
  public init() {}

  /// The paper's pre-training: 1 billion images, halved 13 times.
  public static let pretraining = TrainingSettings()

  /// The teacher's and the baseline's defaults: the halving schedule over 250 million images.
  public static let supervised: TrainingSettings = {
    var training = TrainingSettings()
    training.images = 250_000_000
    return training
  }()

  /// The paper's fine-tuning: 100 epochs from 0.0015, a tenth at epochs 30, 60 and 90.
  public static let fineTuning: TrainingSettings = {
    var training = TrainingSettings()
    training.images = nil
    training.epochs = 100
    training.learningRate = 0.0015
    training.warmUpFrom = 0.0015
    training.warmUpImages = 0
    training.schedule = .steps
    return training
  }()
}

extension TrainingSettings {
  /// How a learning rate falls after its warm-up.
  public enum Schedule: String, CaseIterable, Sendable {
    /// Halved at equal intervals.
    case halving
    /// Multiplied by a factor at given epochs.
    case steps
    /// Half a cosine, down to 0.
    case cosine
    /// Not at all.
    case constant
  }

  /// The loss on images with several labels.
  public enum Loss: String, CaseIterable, Sendable {
    /// Softmax cross-entropy with target 1/m on each of an image's m labels.
    case softmax
    /// One binary cross-entropy a class.
    case sigmoid
    /// Softmax cross-entropy with one of the m labels, drawn anew in each pass.
    case oneOfM
  }

  /// The order in which a stage sees its images.
  public enum Order: String, CaseIterable, Sendable {
    /// Every image once a pass, shuffled.
    case uniform
    /// A class drawn uniformly, then one of its images.
    case classBalanced
    /// A class drawn in proportion to the square root of its images, then one of them.
    case squareRoot
  }

  /// How a training picture is varied.
  public struct Augmentation: Equatable, Sendable {
    /// How the network's input is cut from a training picture.
    public enum Crop: String, CaseIterable, Sendable {
      /// A box of random area and shape, resized.
      case randomResized
      /// The picture with a border around it, cut at a random place.
      case padded
      /// As in evaluation.
      case none
    }

    /// Which operations on pixels are drawn for a training picture, as torchvision has them.
    public enum Policy: String, CaseIterable, Sendable {
      /// None.
      case none
      /// Any ones, of one magnitude.
      case randAugment
      /// Any one, of any magnitude.
      case trivialAugment
      /// One of the 25 pairs that AutoAugment found on ImageNet.
      case imagenet
      /// One of the 25 pairs that it found on CIFAR-10.
      case cifar10
    }

    /// How the network's input is cut from a training picture.
    public var crop = Crop.randomResized
    /// `randomResized`: the box's area as a part of the picture's.
    public var scale = 0.08...1.0
    /// `randomResized`: the box's width over its height.
    public var ratio = 0.75...1.3333333
    /// `padded`: the border's width in pixels.
    public var padding = 4
    /// The probability of a horizontal flip.
    public var flip = 0.5
    /// The probability that a random rectangle is erased.
    public var erasing = 0.0
    /// Which operations on pixels are drawn.
    public var autoAugment = Policy.none
    /// `randAugment`: how many operations, one after the other.
    public var operations = 2
    /// `randAugment`: how strong they are, 0 to 30.
    public var magnitude = 9
    /// Mixup's parameter, of the distribution Beta(α, α) of a picture's share; 0 for no Mixup.
    public var mixup = 0.0
    /// CutMix's; where both are above 0, either comes half of the time.
    public var cutmix = 0.0

    /// The defaults.
    public init() {}
  }
}
