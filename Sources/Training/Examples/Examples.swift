import Files
import Foundation
public import ImageData

/// Pictures and the classes of each: what a network is trained on or measured on.
///
/// A labelled set has one class a picture; the selected set D̂ has one or several.
public struct Examples {
  /// The pictures.
  public let dataset: any ImageDataset
  /// How many classes there are.
  public let classCount: Int
  /// Where the classes of each picture begin in `labels`; empty where each has one.
  private let offsets: [Int32]
  private let labels: [Int32]

  /// The pictures of a labelled set, each with its one class.
  /// - Throws: `TrainingError.data` with how many pictures are without a class, the first one and why.
  public init(labelled dataset: any ImageDataset) throws {
    self.dataset = dataset
    classCount = dataset.classes.count
    offsets = []
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
  /// `offsets[i + 1]`, at least one for each picture.
  /// - Throws: `TrainingError.data` when offsets, labels and pictures do not fit each other.
  public init(
    dataset: any ImageDataset, classCount: Int, offsets: [Int32], labels: [Int32]
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
    self.dataset = dataset
    self.classCount = classCount
    self.offsets = offsets
    self.labels = labels
  }

  /// The SHA-256 of all labels in order, and of how they are shared among the pictures.
  var labelsSHA256: String {
    var bytes = Data()
    for list in [offsets, labels] { list.withUnsafeBytes { bytes.append(contentsOf: $0) } }
    return Checksum.sha256(bytes)
  }

  /// How many pictures there are.
  public var count: Int { dataset.count }

  /// The classes of the picture at `index`, ascending.
  public func classes(at index: Int) -> ArraySlice<Int32> {
    offsets.isEmpty
      ? labels[index...index] : labels[Int(offsets[index])..<Int(offsets[index + 1])]
  }

  /// How many pictures carry each class.
  public var countPerClass: [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }

  /// The pictures of each class, for an order that draws classes first.
  public var imagesOfEachClass: [[Int32]] {
    var lists = [[Int32]](repeating: [], count: classCount)
    for index in 0..<count {
      for label in classes(at: index) { lists[Int(label)].append(Int32(index)) }
    }
    return lists
  }
}
