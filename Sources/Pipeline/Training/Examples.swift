import ImageData

/// Pictures and the classes of each: what a network is trained on or measured on.
///
/// A labelled set has one class a picture; the selected set D̂ has one or several.
struct Examples {
  let dataset: any ImageDataset
  let classCount: Int
  /// Where the classes of each picture begin in `labels`; empty where each has one.
  private let offsets: [Int32]
  private let labels: [Int32]

  /// The pictures of a labelled set, each with its one class.
  /// - Throws: `PipelineError.data` naming the first picture without a class.
  init(labelled dataset: any ImageDataset) throws {
    self.dataset = dataset
    classCount = dataset.classes.count
    offsets = []
    labels = try (0..<dataset.count).map { index in
      guard let label = dataset.label(at: index) else {
        throw PipelineError.data(
          "\(dataset.name): \(dataset.key(at: index)) has no label; every labelled picture needs one"
        )
      }
      return Int32(label)
    }
  }

  /// The pictures of `dataset` with the classes that `labels` has from `offsets[i]` to
  /// `offsets[i + 1]`.
  init(dataset: any ImageDataset, classCount: Int, offsets: [Int32], labels: [Int32]) {
    self.dataset = dataset
    self.classCount = classCount
    self.offsets = offsets
    self.labels = labels
  }

  var count: Int { dataset.count }

  /// The classes of the picture at `index`, ascending.
  func classes(at index: Int) -> ArraySlice<Int32> {
    offsets.isEmpty
      ? labels[index...index] : labels[Int(offsets[index])..<Int(offsets[index + 1])]
  }

  /// How many pictures carry each class.
  var countPerClass: [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }

  /// The pictures of each class, for an order that draws classes first.
  var picturesPerClass: [[Int32]] {
    var lists = [[Int32]](repeating: [], count: classCount)
    for index in 0..<count {
      for label in classes(at: index) { lists[Int(label)].append(Int32(index)) }
    }
    return lists
  }
}
