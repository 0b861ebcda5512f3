import Copies
import Files
import Foundation
public import ImageData
import Recipes
import Training

/// The pictures of one set that cannot be read: how many, of which classes, and the first by name.
public struct UnreadableImages: Codable, Equatable, Sendable {
  /// A class some of whose pictures cannot be read.
  public struct ClassCount: Codable, Equatable, Sendable {
    /// The class's name.
    public let name: String
    /// How many cannot be read.
    public let count: Int
    /// How many there are.
    public let of: Int
  }

  /// The set, by the recipe's name for it: labelled, validation, test or unlabelled.
  public let set: String
  /// How many cannot be read.
  public let count: Int
  /// How many there are.
  public let of: Int
  /// The classes that they are of, in the order of the labels.
  public let classes: [ClassCount]
  /// The first of them, with the reasons.
  public let first: [BadSamples.Entry]

  enum CodingKeys: String, CodingKey {
    case set, count, of, percent, classes, first
  }

  /// Of a set of `of` pictures `count` cannot be read.
  init(
    set: String, count: Int, of: Int, classes: [ClassCount] = [], first: [BadSamples.Entry] = []
  ) {
    self.set = set
    self.count = count
    self.of = of
    self.classes = classes
    self.first = Array(first.prefix(Evaluation.mostNamed))
  }

  /// Counts those of a set, which may come in parts of the same classes: D in what is trained on and
  /// what is held out.
  init(set: String, of parts: [(dataset: any ImageDataset, noted: NotedContents.Noted)]) {
    var count = 0
    let names = parts.first?.dataset.classes ?? []
    var perClass = [(bad: Int, all: Int)](repeating: (0, 0), count: names.count)
    for (dataset, noted) in parts {
      for index in 0..<dataset.count {
        let isBad = !noted.contents[index].isReadable
        count += isBad ? 1 : 0
        guard let label = dataset.label(at: index), names.indices.contains(label) else { continue }
        perClass[label].all += 1
        perClass[label].bad += isBad ? 1 : 0
      }
    }
    let first = parts.flatMap { $0.noted.unreadable.prefix(Evaluation.mostNamed) }
    self.init(
      set: set, count: count, of: parts.reduce(0) { $0 + $1.dataset.count },
      classes: zip(names, perClass).filter { $1.bad > 0 }
        .map { ClassCount(name: $0, count: $1.bad, of: $1.all) },
      first: parts.count == 1
        ? first : first.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) })
  }

  /// The classes that have no picture that can be read.
  var lostClasses: [String] { classes.filter { $0.count == $0.of }.map(\.name) }

  /// Their share in percent.
  public var percent: Double { of == 0 ? 0 : 100 * Double(count) / Double(of) }

  /// Writes the counts and the share that follows from them.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(set, forKey: .set)
    try values.encode(count, forKey: .count)
    try values.encode(of, forKey: .of)
    try values.encode(percent, forKey: .percent)
    try values.encode(classes, forKey: .classes)
    try values.encode(first, forKey: .first)
  }

  /// Reads the counts.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      set: values.decode(String.self, forKey: .set),
      count: values.decode(Int.self, forKey: .count), of: values.decode(Int.self, forKey: .of),
      classes: values.decode([ClassCount].self, forKey: .classes),
      first: values.decode([BadSamples.Entry].self, forKey: .first))
  }
}

// MARK: - In words

extension UnreadableImages {
  /// "8 of 24 pictures (33.3 %) cannot be read: owl 8 of 8; the first owl/0.png (…), …".
  var line: String {
    "\(number) cannot be read\(details)"
  }

  private var number: String {
    "\(Format.count(count)) of \(Format.counted(of, "picture", "pictures")) "
      + "(\(Format.significant(percent, 3)) %)"
  }

  private var details: String {
    var parts: [String] = []
    if !classes.isEmpty {
      let worst = classes.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.prefix(5)
      parts.append(
        worst.map { "\($0.name) \(Format.count($0.count)) of \(Format.count($0.of))" }
          .joined(separator: ", ") + (classes.count > 5 ? ", … (\(classes.count) classes)" : ""))
    }
    if !first.isEmpty {
      let isOneReason = Set(first.map(\.reason)).count == 1
      let names = first.enumerated().map { place, picture in
        isOneReason && place < first.count - 1
          ? picture.key : "\(picture.key) (\(picture.reason))"
      }.joined(separator: ", ")
      parts.append((count > first.count ? "the first " : "") + names)
    }
    return parts.isEmpty ? "" : ": " + parts.joined(separator: "; ")
  }

  /// Says why nothing can be learned from or measured on the set.
  /// - Parameters:
  ///   - limit: How many may be unreadable.
  ///   - list: The file that names all of them.
  ///   - lost: Classes that are to be learned from it and have no readable picture.
  /// - Returns: One line; nil where all is well.
  func problem(_ limit: BadSamples.Limit, list: String?, lost: [String] = []) -> String? {
    guard count > 0 else { return nil }
    let all = count > first.count ? list.map { "; all are in \($0)" } ?? "" : ""
    if count == of {
      return
        "\(set): none of \(Format.counted(of, "picture", "pictures")) can be read\(details)\(all)"
    }
    if !lost.isEmpty {
      return "\(set): no picture of \(Format.few(lost)) can be read, and each class needs one; in "
        + "all \(line)\(all)"
    }
    let allowed = limit.allowed(of: of)
    guard count > allowed else { return nil }
    return "\(set): \(line)\(all); mend them, or raise data.unreadableLimit, which is "
      + "\(Format.significant(limit.fraction, 4)) and allows \(Format.count(allowed))"
  }
}
