import Files
import Foundation
public import ImageData

/// Pictures and the classes of each: what a network is trained on or measured on.
///
/// A labelled set has one class a picture; the selected set D̂ has one or several, alike or each with a weight.
public struct Examples {
  /// The pictures.
  public let dataset: any ImageDataset
  /// How many classes there are.
  public let classCount: Int
  /// Where the classes of each picture begin in `labels`; empty where each has one.
  private let offsets: [Int32]
  private let labels: [Int32]
  /// How much of its picture's target each label is; nil where a picture's labels are alike.
  private let weights: [Float]?
  /// Where the second of two sets begins that are seen beside each other, and its share.
  let beside: (first: Int, share: Double)?

  /// The pictures of a labelled set, each with its one class.
  /// - Throws: `TrainingError.data` with how many pictures are without a class, the first one and why.
  public init(labelled dataset: any ImageDataset) throws {
    self.dataset = dataset
    classCount = dataset.classes.count
    offsets = []
    weights = nil
    beside = nil
    let found = (0..<dataset.count).map { dataset.label(at: $0).map { Int32($0) } }
    labels = found.compactMap(\.self)
    guard let first = found.firstIndex(of: nil) else { return }
    let others = found.count - labels.count - 1
    let reason = dataset.whyUnlabelled(at: first).map { " (\($0))" } ?? ""
    throw TrainingError.data(
      "\(dataset.name): \(dataset.key(at: first)) has no label\(reason)"
        + (others > 0 ? ", and \(Format.count(others)) more have none" : "")
        + "; every labelled picture needs one")
  }

  /// The pictures of `dataset` with the classes that `labels` has from `offsets[i]` to
  /// `offsets[i + 1]`, at least one for each picture; with `weights`, one for each label, of which those of a
  /// picture sum to 1, it is that much of each.
  /// - Throws: `TrainingError.data` when offsets, labels, weights and pictures do not fit each other.
  public init(
    dataset: any ImageDataset, classCount: Int, offsets: [Int32], labels: [Int32],
    weights: [Float]? = nil
  ) throws {
    guard offsets.count == dataset.count + 1, offsets.first == 0,
      offsets.last.map(Int.init) == labels.count,
      zip(offsets, offsets.dropFirst()).allSatisfy({ $0 < $1 })
    else {
      throw TrainingError.data(
        "\(dataset.name): the classes of \(dataset.count) pictures need \(dataset.count + 1) offsets "
          + "that rise from 0 to the number of labels, \(labels.count)")
    }
    if let wrong = labels.first(where: { $0 < 0 || Int($0) >= classCount }) {
      throw TrainingError.data("\(dataset.name): there is no class \(wrong) of \(classCount)")
    }
    if let weights, weights.count != labels.count || !weights.allSatisfy({ 0...1 ~= $0 }) {
      throw TrainingError.data(
        "\(dataset.name): \(labels.count) labels need as many weights, each from 0 to 1")
    }
    self.init(
      dataset, classCount, offsets: offsets, labels: labels, weights: weights, beside: nil)
  }

  private init(
    _ dataset: any ImageDataset, _ classCount: Int, offsets: [Int32], labels: [Int32],
    weights: [Float]?, beside: (first: Int, share: Double)?
  ) {
    self.dataset = dataset
    self.classCount = classCount
    self.offsets = offsets
    self.labels = labels
    self.weights = weights
    self.beside = beside
  }

  /// These pictures and `others` beside them, whose part of what is seen is `share`, above 0 and below 1.
  /// - Throws: `TrainingError.data` when they have other classes or there are none.
  public func beside(_ others: Examples, share: Double) throws -> Examples {
    guard classCount == others.classCount, count > 0, others.count > 0, beside == nil else {
      throw TrainingError.data(
        "\(others.dataset.name): \(others.count) pictures of \(others.classCount) classes cannot be seen beside "
          + "\(count) of \(classCount) (\(dataset.name))")
    }
    let starts = rows.offsets + others.rows.offsets.dropFirst().map { $0 + Int32(labels.count) }
    let isWeighted = weights != nil || others.weights != nil
    return Examples(
      JoinedDataset([dataset, others.dataset], name: "\(dataset.name) and \(others.dataset.name)"),
      classCount, offsets: starts, labels: labels + others.labels,
      weights: isWeighted ? rows.weights + others.rows.weights : nil, beside: (count, share))
  }

  /// Offsets and weights, written out.
  private var rows: (offsets: [Int32], weights: [Float]) {
    let starts = offsets.isEmpty ? (0...Int32(count)).map { $0 } : offsets
    let all =
      weights
      ?? (0..<count).flatMap { index in
        let count = Int(starts[index + 1] - starts[index])
        return [Float](repeating: 1 / Float(count), count: count)
      }
    return (starts, all)
  }

  /// The SHA-256 of all labels in order, of how they are shared among the pictures, and of their weights.
  var labelsSHA256: String {
    var bytes = Data()
    for list in [offsets, labels] { list.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    weights?.withUnsafeBytes { bytes.append(contentsOf: $0) }
    return Checksum.sha256(bytes)
  }

  /// Whether labels have weights.
  var hasWeights: Bool { weights != nil }

  /// How many pictures there are.
  public var count: Int { dataset.count }

  private func place(of index: Int) -> Range<Int> {
    offsets.isEmpty ? index..<index + 1 : Int(offsets[index])..<Int(offsets[index + 1])
  }

  /// The classes of the picture at `index`, ascending.
  public func classes(at index: Int) -> ArraySlice<Int32> { labels[place(of: index)] }

  /// How much of its target each class of the picture at `index` is; nil where they are alike.
  public func weights(at index: Int) -> ArraySlice<Float>? { weights?[place(of: index)] }

  /// How many pictures carry each class.
  public var countPerClass: [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }

  /// The pictures in `range` of each class, counted from its first, for an order that draws classes first; of a picture with weights, its class of the
  /// greatest weight.
  func imagesOfEachClass(in range: Range<Int>) -> [[Int32]] {
    var lists = [[Int32]](repeating: [], count: classCount)
    for index in range {
      for label in mainClasses(at: index) {
        lists[Int(label)].append(Int32(index - range.lowerBound))
      }
    }
    return lists
  }

  /// The classes that the picture at `index` is most of: all of them where they are alike.
  func mainClasses(at index: Int) -> [Int32] {
    let classes = classes(at: index)
    guard let weights = weights(at: index), let most = weights.max() else { return Array(classes) }
    return zip(classes, weights).filter { $1 == most }.map { $0.0 }
  }
}
