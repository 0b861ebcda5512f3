/// The selected images D̂: each image once, with every class it was selected for.
///
/// Images are sorted by id, the labels of an image by class, in compressed rows: the labels of
/// image i are `labelOffsets[i]..<labelOffsets[i + 1]` of `classes`, `scores` and `ranks`.
public struct Selection: Equatable, Sendable {
  /// Number of classes, L.
  public var classCount: Int
  /// Images selected of each class at most, K.
  public var imagesPerClass: Int
  /// Classes of each image that took part in the ranking, P.
  public var classesPerSample: Int
  /// The selected images, sorted.
  public var images: [SampleID]
  /// Where the labels of each image begin, and at last the number of labels.
  public var labelOffsets: [Int]
  /// The class of each label.
  public var classes: [UInt32]
  /// The log-odds of each label.
  public var scores: [Float]
  /// The rank of the image in the label's class, from 1.
  public var ranks: [UInt32]

  /// One class of one selected image.
  public struct Label: Equatable, Sendable {
    /// The class.
    public var `class`: Int
    /// Its log-odds.
    public var score: Float
    /// The image's rank in the class, from 1.
    public var rank: Int
  }

  /// The labels of the image in row `row`, sorted by class.
  public func labels(ofImage row: Int) -> [Label] {
    (labelOffsets[row]..<labelOffsets[row + 1]).map {
      Label(class: Int(classes[$0]), score: scores[$0], rank: Int(ranks[$0]))
    }
  }

  /// The selection that a full ranking of every class gives.
  /// - Complexity: O(labels · log labels); the ranking's memory is given back on the way.
  public init(_ top: TopImagesPerClass, classesPerSample: Int) {
    struct Row {
      var id: UInt64
      var `class`: UInt32
      var rank: UInt32
      var score: Float
    }
    var rows: [Row] = []
    for index in 0..<top.classCount {
      for (rank, image) in top.selected(inClass: index).enumerated() {
        rows.append(
          Row(
            id: image.id.packed, class: UInt32(index), rank: UInt32(rank + 1), score: image.score))
      }
      top.forget(class: index)
    }
    rows.sort { $0.id != $1.id ? $0.id < $1.id : $0.class < $1.class }
    self.init(
      classCount: top.classCount, imagesPerClass: top.imagesPerClass,
      classesPerSample: classesPerSample)
    for row in rows {
      append(
        Label(class: Int(row.class), score: row.score, rank: Int(row.rank)),
        to: SampleID(
          shard: UInt32(row.id >> 32), position: UInt32(truncatingIfNeeded: row.id)))
    }
  }

  /// An empty selection.
  init(classCount: Int, imagesPerClass: Int, classesPerSample: Int) {
    self.classCount = classCount
    self.imagesPerClass = imagesPerClass
    self.classesPerSample = classesPerSample
    images = []
    labelOffsets = [0]
    classes = []
    scores = []
    ranks = []
  }

  /// Appends a label; images come in order.
  private mutating func append(_ label: Label, to id: SampleID) {
    if images.last != id {
      images.append(id)
      labelOffsets.append(classes.count)
    }
    classes.append(UInt32(label.class))
    scores.append(label.score)
    ranks.append(UInt32(label.rank))
    labelOffsets[images.count] = classes.count
  }

  /// The part of the selection with at most `counts[c]` images of class c, the highest ranks.
  ///
  /// This is how an unbalanced selection is made from a balanced one: with Zipfian counts it is the
  /// paper's "unbalanced-ranked" set.
  /// - Throws: `RankingError` when there is not one count for each class.
  public func limited(toImagesPerClass counts: [Int]) throws -> Selection {
    guard counts.count == classCount else {
      throw RankingError.invalidArgument(
        "\(counts.count) counts do not fit a selection of \(classCount) classes")
    }
    var limited = Selection(
      classCount: classCount, imagesPerClass: imagesPerClass, classesPerSample: classesPerSample)
    for (row, id) in images.enumerated() {
      for label in labels(ofImage: row) where label.rank <= counts[label.class] {
        limited.append(label, to: id)
      }
    }
    return limited
  }
}
