/// How a network learns from pictures without labels beside those with: K. Sohn et al., "FixMatch: Simplifying
/// Semi-Supervised Learning with Consistency and Confidence" (arXiv:2001.07685).
///
/// Of each unlabelled picture the network sees a weak view (cut and mirrored as the training's settings say) and a
/// strong one (with operations on pixels and an erased rectangle besides). Where its largest probability on the weak
/// view reaches the threshold, that class becomes the strong view's label.
public struct ConsistencySettings: Equatable, Sendable {
  /// τ: the probability from which on a class becomes a label.
  public var threshold = 0.95
  /// Whether each class has a threshold of its own, lower as long as few pictures have got its label: FlexMatch
  /// (arXiv:2110.08263).
  public var flexible = false
  /// μ: how many unlabelled pictures there are for each labelled one of a batch.
  public var ratio = 7
  /// λ: how much the unlabelled pictures' loss counts beside the labelled ones'.
  public var weight = 1.0
  /// Which operations on pixels are drawn for a strong view.
  public var autoAugment = TrainingSettings.Augmentation.Policy.randAugment
  /// `randAugment`: how many operations, one after the other.
  public var operations = 2
  /// `randAugment`: how strong they are, 0 to 30.
  public var magnitude = 9
  /// The probability that a random rectangle of a strong view is erased.
  public var erasing = 1.0

  /// The paper's values.
  public init() {}

  /// How many pictures of a batch there are for each labelled one, itself included.
  public var group: Int { 1 + ratio }
}
