import Files

/// The selected images D̂: each image once, with every class it was selected for.
///
/// Images are sorted by id, the labels of an image by class, in compressed rows: the labels of
/// image i are `labelOffsets[i]..<labelOffsets[i + 1]` of `classes`, `scores` and `ranks`.
///
/// A selection is the bytes of its file (`SelectionLayout`), mapped or in memory: reading 16 million
/// rows copies none, and only what is looked at takes memory, which the system can take back.
public struct Selection: Equatable, Sendable {
  /// Number of classes, L.
  public let classCount: Int
  /// Images selected of each class at most, K; the most of any class where they differ.
  public let imagesPerClass: Int
  /// Classes of each image that took part in the ranking, P.
  public let classesPerSample: Int
  /// The selected images, sorted.
  public let images: SelectedImages
  /// Where the labels of each image begin, and at last the number of labels.
  public let labelOffsets: SelectionColumn<Int>
  /// The class of each label.
  public let classes: SelectionColumn<UInt32>
  /// The log-odds of each label; −∞ for a tagged image without the class among its P.
  public let scores: SelectionColumn<Float>
  /// The rank of the image in the label's class, from 1.
  public let ranks: SelectionColumn<UInt32>
  /// How often each image stands in one pass over the selection, so that classes with few images
  /// fill up; nil where each stands once.
  public let repeats: SelectionColumn<UInt32>?
  /// The file.
  let bytes: UnsafeSelectionBytes

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
    (labelOffsets[row]..<labelOffsets[row + 1]).map(label)
  }

  /// The label with index `index` of `classes`, `scores` and `ranks`.
  @inline(__always)
  func label(_ index: Int) -> Label {
    Label(class: Int(classes[index]), score: scores[index], rank: Int(ranks[index]))
  }

  /// The selection that a full ranking of every class gives; the ranking is empty afterwards.
  /// - Precondition: there are fewer than 2^32 labels.
  /// - Complexity: O(labels · log labels).
  public init(_ top: TopImagesPerClass, classesPerSample: Int) {
    let rows = top.rows(threads: 1) { RankKey.score(of: $0) }
    self.init(rows, imagesPerClass: top.imagesPerClass, classesPerSample: classesPerSample)
  }

  /// The selection of `rows` in memory; `quotas` are how many images each class is filled to by
  /// repetition, nil repeats none.
  init(
    _ rows: SelectionRows, imagesPerClass: Int, classesPerSample: Int, filling quotas: [Int]? = nil
  ) {
    let layout = rows.layout(
      imagesPerClass: imagesPerClass, classesPerSample: classesPerSample, repeats: quotas != nil)
    let memory = SelectionMemory(count: layout.fileBytes)
    // Writing to memory does not fail.
    try? rows.write(layout, quotas: quotas ?? [], to: memory)
    self.init(
      layout,
      UnsafeSelectionBytes(bytes: UnsafeRawBufferPointer(memory.memory.bytes), owner: memory))
  }

  /// Finds the columns in a file's bytes.
  init(_ layout: SelectionLayout, _ bytes: UnsafeSelectionBytes) {
    classCount = layout.classCount
    imagesPerClass = layout.imagesPerClass
    classesPerSample = layout.classesPerSample
    self.bytes = bytes
    var offset = SelectionLayout.headerBytes
    func column<Value>(_ count: Int, as type: Value.Type) -> SelectionColumn<Value> {
      defer { offset += count * MemoryLayout<Value>.stride }
      return SelectionColumn(
        bytes.bytes.column(at: offset, count: count, as: type), owner: bytes.owner)
    }
    images = SelectedImages(
      shards: column(layout.images, as: UInt32.self),
      positions: column(layout.images, as: UInt32.self))
    labelOffsets = column(layout.images + 1, as: Int.self)
    classes = column(layout.labels, as: UInt32.self)
    scores = column(layout.labels, as: Float.self)
    ranks = column(layout.labels, as: UInt32.self)
    repeats = layout.repeats ? column(layout.images, as: UInt32.self) : nil
  }

  /// Whether both hold the same bytes.
  public static func == (left: Selection, right: Selection) -> Bool {
    left.bytes.bytes.elementsEqual(right.bytes.bytes)
  }
}

/// The bytes of a selection's file, and what keeps them where they are.
struct UnsafeSelectionBytes: @unchecked Sendable {
  let bytes: UnsafeRawBufferPointer
  let owner: AnyObject
}
