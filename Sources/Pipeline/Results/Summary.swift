import Files
public import Foundation
import ImageData
import Recipes
public import Shards

/// `summary.json`: what a run came to. A contract: keys may be added, not renamed.
///
/// Accuracies are in percent. A value that is not known is written as `null`, never left out.
public struct Summary: Codable, Equatable, Sendable {
  /// The number of classes.
  public var classes: Int
  /// Pictures of D that were trained on: those that could be read, without the part held out.
  public var labelledImages: Int
  /// Pictures of U.
  public var unlabelledImages: Int
  /// Pictures of W whose tags the teacher learned; nil without stage 0.
  public var taggedImages: Int?
  /// The classes that their tags are.
  public var tagClasses: Int?
  /// Pictures of U that were selected, each counted once.
  public var selectedImages: Int?
  /// How many pictures each class got, by its name.
  public var imagesPerClass: [String: Int]?
  /// The part of the selected labels that are right, in percent; nil unless the truth is known.
  public var selectionPurity: Double?
  /// The same estimated, where the truth is not known: by the teacher's precision on pictures that it did not learn;
  /// nil where none were held out.
  public var purityEstimate: Estimate?
  /// How many pictures of each set could not be read; nil where that is not known yet.
  public var unreadable: [String: Int?] = [:]
  /// Of the sets with such pictures the share, the classes and the first names with reasons.
  public var unreadableImages: [UnreadableImages] = []
  /// The shards of U that are cut short: what stands before the cut was used; nil where U has no shards of
  /// its own.
  public var cutShards: CutShards?
  /// Classes that a set has no picture of, by the set's name.
  public var absentClasses: [String: [String]] = [:]
  /// Where scores come from that no teacher of the run made: "probabilities in clip.parquet"; nil where one
  /// did.
  public var scoresFrom: String?
  /// The set that the accuracies are of, test or validation; nil where there is none.
  public var measuredOn: String?
  /// How many pictures of it could be read, and so were measured; nil where nothing was measured yet.
  public var measuredImages: Int?
  /// The accuracies of the stages' networks, of those that were measured; of several rounds the last one's student.
  private var accuracies: [Stage: Accuracy] = [:]
  /// Each round's figures, the first one's, too; none where there is one. All else but the student's accuracies is the
  /// first round's.
  public var rounds: [Round] = []
  /// Seconds by stage.
  public var seconds: [String: Double] = [:]
  /// The most memory the process had resident (VmHWM), in MiB.
  public var peakMiB: Double?
  /// The recipe's seed.
  public var seed: Int
  /// The device that computed.
  public var device: String
  /// The precision it computed in.
  public var precision: String
  /// Compute threads.
  public var threads: Int
  /// libtorch's version.
  public var libtorch: String

  /// An estimate in percent, and its 95 % interval.
  public struct Estimate: Codable, Equatable, Sendable {
    /// The estimate.
    public var value: Double
    /// The ends of its interval.
    public var low: Double, high: Double
    /// How many held-out pictures it rests on.
    public var images: Int
  }

  /// A model's accuracies in percent; nil where they were not measured.
  public struct Accuracy: Equatable, Sendable {
    /// The part of pictures whose best class is the right one.
    public var top1: Double?
    /// The part whose five best have it; nil under 5 classes.
    public var top5: Double?

    /// Makes a pair of accuracies.
    public init(top1: Double? = nil, top5: Double? = nil) {
      self.top1 = top1
      self.top5 = top5
    }
  }

  /// The accuracy of the network that a stage trained: the student's is `summary[.fineTuning]`, of several rounds that
  /// of the last one.
  public subscript(stage: Stage) -> Accuracy {
    get { accuracies[stage] ?? Accuracy() }
    set { accuracies[stage] = newValue == Accuracy() ? nil : newValue }
  }

  /// The student's top-1 less the supervised one's, in points; nil unless both are known.
  public var gain: Double? {
    guard let student = self[.fineTuning].top1, let supervised = self[.baseline].top1 else {
      return nil
    }
    // To the last digit that two percentages can differ in, not a double's.
    return ((student - supervised) * 1e6).rounded() / 1e6
  }

  /// The networks' accuracies with what these are called, the comparisons first.
  public var results: [(name: String, accuracy: Accuracy)] {
    Stage.comparisonsFirst.filter(\.isMeasured).map { stage in
      let name = stage.facts.result
      return (name.prefix(1).lowercased() + name.dropFirst(), self[stage])
    }
  }

  /// "3 of 12 test pictures; 9 cannot be read": what the accuracies are of, where that is not all.
  public var measuredPart: String? {
    guard let measuredOn, let set = unreadableImages.first(where: { $0.set == measuredOn })
    else { return nil }
    return "\(Format.count(set.of - set.count)) of \(Format.count(set.of)) \(measuredOn) pictures; "
      + "\(Format.count(set.count)) cannot be read"
  }

  /// "no test picture of south": what the accuracies say nothing about; nil where they are of all
  /// classes.
  public var absentLine: String? {
    measuredOn.flatMap { set in absentClasses[set].map { RunData.absentLine(set, $0) } }
  }

  /// Makes a summary of a run whose accuracies are not known yet.
  public init(
    classes: Int, labelledImages: Int, unlabelledImages: Int, seed: Int, device: String,
    precision: String, threads: Int, libtorch: String
  ) {
    self.classes = classes
    self.labelledImages = labelledImages
    self.unlabelledImages = unlabelledImages
    self.seed = seed
    self.device = device
    self.precision = precision
    self.threads = threads
    self.libtorch = libtorch
  }

  /// Writes the summary to `path`, durably.
  /// - Throws: `FileError` naming `path`.
  public func write(to path: String) throws {
    try DurableFile.write(json(), to: path)
  }

  /// The summary as indented JSON with sorted keys.
  public func json() throws -> Data { try JSON.pretty(self) }

  /// Reads the summary at `path`.
  /// - Throws: `FileError` when it cannot be read, `PipelineError.data` when it is none.
  public init(contentsOf path: String) throws {
    let bytes = try FileContents.data(of: path)
    do {
      self = try JSON.read(Summary.self, from: bytes)
    } catch {
      throw PipelineError.data("\(path) is no summary of a run; run the recipe again to write it")
    }
  }

  /// The most memory this process had resident so far, in MiB, where the system says so.
  public static func peakMiBOfThisProcess() -> Double? {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
      let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
      let kibibytes = line.split(whereSeparator: { " \t".contains($0) }).dropFirst().first
    else { return nil }
    return Double(kibibytes).map { $0 / 1024 }
  }
}

// MARK: - Coding

extension Summary {
  enum CodingKeys: String, CodingKey, CaseIterable {
    case classes, gain, rounds, seconds, seed, device, precision, threads, libtorch, unreadable
    case unreadableImages = "unreadable_pictures"
    case cutShards = "cut_shards"
    case absentClasses = "absent_classes"
    case scoresFrom = "scores_from"
    case measuredOn = "measured_on"
    case measuredImages = "measured_images"
    case labelledImages = "labelled_images"
    case unlabelledImages = "unlabelled_images"
    case taggedImages = "tagged_images"
    case tagClasses = "tag_classes"
    case selectedImages = "selected_images"
    case imagesPerClass = "images_per_class"
    case selectionPurity = "selection_purity"
    case purityEstimate = "selection_purity_estimate"
    case peakMiB = "peak_mib"
  }

  /// The keys of an accuracy, which the stage names.
  private struct AccuracyKey: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(_ facts: Stage.AccuracyFacts, best count: Int) {
      stringValue = "\(facts.key)_top\(count)"
    }

    init(stringValue: String) { self.stringValue = stringValue }

    init?(intValue: Int) { nil }
  }

  /// Writes every key, null where a value is not known.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(classes, forKey: .classes)
    try values.encode(labelledImages, forKey: .labelledImages)
    try values.encode(unlabelledImages, forKey: .unlabelledImages)
    try values.encode(taggedImages, forKey: .taggedImages)
    try values.encode(tagClasses, forKey: .tagClasses)
    try values.encode(selectedImages, forKey: .selectedImages)
    try values.encode(imagesPerClass, forKey: .imagesPerClass)
    try values.encode(selectionPurity, forKey: .selectionPurity)
    try values.encode(purityEstimate, forKey: .purityEstimate)
    try values.encode(unreadable, forKey: .unreadable)
    try values.encode(unreadableImages, forKey: .unreadableImages)
    try values.encode(cutShards, forKey: .cutShards)
    try values.encode(absentClasses, forKey: .absentClasses)
    try values.encode(scoresFrom, forKey: .scoresFrom)
    try values.encode(measuredOn, forKey: .measuredOn)
    try values.encode(measuredImages, forKey: .measuredImages)
    var accuracies = encoder.container(keyedBy: AccuracyKey.self)
    for stage in Stage.allCases {
      guard let facts = stage.facts.accuracy else { continue }
      try accuracies.encode(self[stage].top1, forKey: AccuracyKey(facts, best: 1))
      try accuracies.encode(
        classes < 5 ? nil : self[stage].top5, forKey: AccuracyKey(facts, best: 5))
    }
    try values.encode(gain, forKey: .gain)
    try values.encode(rounds, forKey: .rounds)
    try values.encode(seconds, forKey: .seconds)
    try values.encode(peakMiB, forKey: .peakMiB)
    try values.encode(seed, forKey: .seed)
    try values.encode(device, forKey: .device)
    try values.encode(precision, forKey: .precision)
    try values.encode(threads, forKey: .threads)
    try values.encode(libtorch, forKey: .libtorch)
  }

  /// Reads what `encode` wrote; keys that were added later may be missing.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      classes: values.decode(Int.self, forKey: .classes),
      labelledImages: values.decode(Int.self, forKey: .labelledImages),
      unlabelledImages: values.decode(Int.self, forKey: .unlabelledImages),
      seed: values.decode(Int.self, forKey: .seed),
      device: values.decode(String.self, forKey: .device),
      precision: values.decode(String.self, forKey: .precision),
      threads: values.decode(Int.self, forKey: .threads),
      libtorch: values.decode(String.self, forKey: .libtorch))
    taggedImages = try values.decodeIfPresent(Int.self, forKey: .taggedImages)
    tagClasses = try values.decodeIfPresent(Int.self, forKey: .tagClasses)
    selectedImages = try values.decodeIfPresent(Int.self, forKey: .selectedImages)
    imagesPerClass = try values.decodeIfPresent([String: Int].self, forKey: .imagesPerClass)
    selectionPurity = try values.decodeIfPresent(Double.self, forKey: .selectionPurity)
    purityEstimate = try values.decodeIfPresent(Estimate.self, forKey: .purityEstimate)
    unreadable = try values.decodeIfPresent([String: Int?].self, forKey: .unreadable) ?? [:]
    unreadableImages =
      try values.decodeIfPresent([UnreadableImages].self, forKey: .unreadableImages) ?? []
    cutShards = try values.decodeIfPresent(CutShards.self, forKey: .cutShards)
    absentClasses =
      try values.decodeIfPresent([String: [String]].self, forKey: .absentClasses) ?? [:]
    scoresFrom = try values.decodeIfPresent(String.self, forKey: .scoresFrom)
    measuredOn = try values.decodeIfPresent(String.self, forKey: .measuredOn)
    measuredImages = try values.decodeIfPresent(Int.self, forKey: .measuredImages)
    let accuracies = try decoder.container(keyedBy: AccuracyKey.self)
    for stage in Stage.allCases {
      guard let facts = stage.facts.accuracy else { continue }
      self[stage] = try Accuracy(
        top1: accuracies.decodeIfPresent(Double.self, forKey: AccuracyKey(facts, best: 1)),
        top5: accuracies.decodeIfPresent(Double.self, forKey: AccuracyKey(facts, best: 5)))
    }
    rounds = try values.decodeIfPresent([Round].self, forKey: .rounds) ?? []
    seconds = try values.decode([String: Double].self, forKey: .seconds)
    peakMiB = try values.decodeIfPresent(Double.self, forKey: .peakMiB)
  }
}
