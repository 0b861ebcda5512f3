import Copies
import Files
public import ImageData
import Models
import Torch

/// How often a network is right.
public struct Evaluation: Sendable, Equatable {
  /// How many pictures of each class were measured, and at how many of them the class came first.
  public var perClass: [ClassAccuracy]
  /// How many pictures were measured.
  public var count: Int
  /// At how many of them the right class came first.
  public var correct: Int
  /// At how many of them the right class was among the first five.
  public var correctInFive: Int
  /// Pictures that could not be read, and so were not measured.
  public var unreadable: Int
  /// The first of these, with the reasons.
  public var firstUnreadable: [BadSamples.Entry] = []

  /// One class's part of an evaluation.
  public struct ClassAccuracy: Sendable, Equatable {
    /// The class's name.
    public let name: String
    /// How many of its pictures were measured.
    public var count: Int
    /// At how many of them it came first.
    public var correct: Int
    /// In percent; nil when there were no pictures.
    public var top1: Double? { count == 0 ? nil : 100 * Double(correct) / Double(count) }
  }

  /// An evaluation with these counts.
  public init(
    perClass: [ClassAccuracy], count: Int, correct: Int, correctInFive: Int, unreadable: Int,
    firstUnreadable: [BadSamples.Entry] = []
  ) {
    self.perClass = perClass
    self.count = count
    self.correct = correct
    self.correctInFive = correctInFive
    self.unreadable = unreadable
    self.firstUnreadable = firstUnreadable
  }

  /// The share of measured pictures whose class came first, in percent; nil where none was measured.
  public var top1: Double? { count == 0 ? nil : 100 * Double(correct) / Double(count) }

  /// The share whose class was among the first five, in percent; nil under 5 classes and where none
  /// was measured.
  public var top5: Double? {
    guard perClass.count >= 5, count > 0 else { return nil }
    return 100 * Double(correctInFive) / Double(count)
  }

  /// "on 3 of 12; 9 cannot be read": beside every accuracy where some pictures could not be read.
  public var measuredOn: String? {
    guard unreadable > 0 else { return nil }
    return "on \(Format.count(count)) of \(Format.count(count + unreadable)); "
      + "\(Format.count(unreadable)) cannot be read"
  }

  /// "9 of 12 pictures cannot be read, the first cat/0.png: …"; nil where all could be.
  public var unreadableLine: String? {
    guard unreadable > 0 else { return nil }
    let all = Format.counted(count + unreadable, "picture", "pictures")
    let first = firstUnreadable.first.map { ", the first \($0.key): \($0.reason)" } ?? ""
    return "\(Format.count(unreadable)) of \(all) cannot be read\(first)"
  }

  /// Whether fewer pictures are unreadable than `limit` allows of so many.
  public func isWithin(_ limit: BadSamples.Limit) -> Bool {
    unreadable <= limit.allowed(of: count + unreadable)
  }
}

// MARK: - Coding

extension Evaluation: Codable {
  enum CodingKeys: String, CodingKey {
    case top1, top5, count, correct, unreadable
    case correctInFive = "correct_in_five"
    case firstUnreadable = "unreadable_pictures"
    case perClass = "per_class"
  }

  /// Writes the counts and the accuracies that follow from them, null where there are none.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(top1, forKey: .top1)
    try values.encode(top5, forKey: .top5)
    try values.encode(count, forKey: .count)
    try values.encode(correct, forKey: .correct)
    try values.encode(correctInFive, forKey: .correctInFive)
    try values.encode(unreadable, forKey: .unreadable)
    try values.encode(firstUnreadable, forKey: .firstUnreadable)
    try values.encode(perClass, forKey: .perClass)
  }

  /// Reads the counts.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      perClass: values.decode([ClassAccuracy].self, forKey: .perClass),
      count: values.decode(Int.self, forKey: .count),
      correct: values.decode(Int.self, forKey: .correct),
      correctInFive: values.decode(Int.self, forKey: .correctInFive),
      unreadable: values.decode(Int.self, forKey: .unreadable),
      firstUnreadable: values.decodeIfPresent([BadSamples.Entry].self, forKey: .firstUnreadable)
        ?? [])
  }
}

extension Evaluation.ClassAccuracy: Codable {
  enum CodingKeys: String, CodingKey {
    case name, count, correct, top1
  }

  /// Writes the counts and the accuracy, null without pictures.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(name, forKey: .name)
    try values.encode(count, forKey: .count)
    try values.encode(correct, forKey: .correct)
    try values.encode(top1, forKey: .top1)
  }

  /// Reads the counts.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      name: values.decode(String.self, forKey: .name),
      count: values.decode(Int.self, forKey: .count),
      correct: values.decode(Int.self, forKey: .correct))
  }
}

/// Measures `network` on labelled pictures. How many of them may be unreadable is the caller's to
/// judge, by the result.
/// Where `hashing` is given, it gets what one picture after the other holds, or
/// `ContentHash.Prefix.none` where it cannot be read.
/// - Throws: `PipelineError.nonFinite` naming a picture whose scores are no numbers.
func evaluate(
  _ network: any Network, on examples: Examples, input: Recipe.Input, _ runtime: Runtime,
  progress: Progress? = nil, hashing: ((ContentHash.Prefix) -> Void)? = nil
) throws -> Evaluation {
  let names = examples.dataset.classes
  var result = Evaluation(
    perClass: names.map { .init(name: $0, count: 0, correct: 0) }, count: 0, correct: 0,
    correctInFive: 0, unreadable: 0)
  let five = min(5, names.count)
  let inference = try Inference(network, input: input, runtime)
  let badSamples = BadSamples(of: examples.dataset, limit: .none, seesEachOnce: true)
  try inference.forEachBatch(
    of: examples.dataset, hashesContents: hashing != nil, badSamples: badSamples,
    progress: progress
  ) { batch, logits in
    if let hashing { batch.hashes.forEach { hashing($0?.prefix ?? .none) } }
    let best = try logits.top(five).indices.array(of: Int64.self)
    for row in 0..<batch.count {
      guard batch.reasons[row] == nil else {
        result.unreadable += 1
        continue
      }
      let label = Int(examples.classes(at: batch.indices[row]).first ?? -1)
      let guesses = best[row * five..<(row + 1) * five]
      let isCorrect = guesses.first == Int64(label)
      result.count += 1
      result.correct += isCorrect ? 1 : 0
      result.correctInFive += guesses.contains(Int64(label)) ? 1 : 0
      result.perClass[label].count += 1
      result.perClass[label].correct += isCorrect ? 1 : 0
    }
  }
  result.firstUnreadable = Array(badSamples.entries.prefix(UnreadablePictures.mostNamed))
  if let line = inference.withoutEnd.line(in: examples.dataset.name) { progress?.note(line) }
  return result
}

extension Recipe.Input {
  /// How pictures are cut for evaluation.
  var evaluationPreset: EvaluationPreset {
    EvaluationPreset(resize: resize, crop: size, channels: channels, interpolation: interpolation)
  }
}

extension Recipe {
  /// How pictures are cut and varied for training.
  func trainPreset(_ augmentation: Augmentation) -> TrainPreset {
    let crop: TrainPreset.Crop =
      switch augmentation.crop {
      case .randomResized: .randomResized(scale: augmentation.scale, ratio: augmentation.ratio)
      case .padded: .padded(augmentation.padding)
      case .none: .none
      }
    return TrainPreset(
      size: input.size, channels: input.channels, crop: crop, flip: augmentation.flip,
      erasing: augmentation.erasing > 0
        ? .init(probability: augmentation.erasing, fill: input.meanBytes) : nil)
  }
}
