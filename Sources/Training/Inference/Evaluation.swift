import Files
public import ImageData
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

  /// How many unreadable pictures are named.
  package static let mostNamed = 5

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

extension Evaluation {
  /// This one and those of the other processes, which have measured other pictures.
  func joined(over group: DistributedGroup) throws -> Evaluation {
    let parts = try group.gather(JSON.line(self)).map { try JSON.read(Evaluation.self, from: $0) }
    var all = self
    for place in all.perClass.indices {
      all.perClass[place].count = parts.reduce(0) { $0 + $1.perClass[place].count }
      all.perClass[place].correct = parts.reduce(0) { $0 + $1.perClass[place].correct }
    }
    all.count = parts.reduce(0) { $0 + $1.count }
    all.correct = parts.reduce(0) { $0 + $1.correct }
    all.correctInFive = parts.reduce(0) { $0 + $1.correctInFive }
    all.unreadable = parts.reduce(0) { $0 + $1.unreadable }
    all.firstUnreadable = Array(parts.flatMap(\.firstUnreadable).prefix(Self.mostNamed))
    return all
  }
}

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
