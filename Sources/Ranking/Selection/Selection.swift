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

  /// The selection of `rows` in the file at `path`, or in memory.
  /// - Parameters:
  ///   - rows: The rows.
  ///   - imagesPerClass: The most images of a class.
  ///   - classesPerSample: The classes of a sample that took part.
  ///   - quotas: How many images each class is filled to by repetition; nil repeats none.
  ///   - path: Where it is written and then mapped; nil keeps it in memory.
  ///   - threads: How many threads write.
  /// - Throws: `FileError` naming `path`.
  init(
    _ rows: SelectionRows, imagesPerClass: Int, classesPerSample: Int, filling quotas: [Int]? = nil,
    writingTo path: String?, threads: Int
  ) throws {
    let writer = SelectionWriter(
      rows, imagesPerClass: imagesPerClass, classesPerSample: classesPerSample, filling: quotas,
      threads: threads)
    guard let path else {
      let memory = SelectionMemory(count: writer.layout.fileBytes)
      try writer.write(to: memory)
      self.init(
        writer.layout,
        UnsafeSelectionBytes(bytes: UnsafeRawBufferPointer(memory.memory.bytes), owner: memory))
      return
    }
    let file = try DurableFile(path: path)
    try writer.write(to: file)
    try file.commit()
    let mapped = try MappedFile(path: path)
    guard mapped.bytes.count == writer.layout.fileBytes else {
      throw RankingError.corruptFile(
        path: path, reason: "another process has changed it; select again")
    }
    self.init(writer.layout, UnsafeSelectionBytes(bytes: mapped.bytes, owner: mapped))
  }

  /// Finds the columns in a file's bytes.
  init(_ layout: SelectionLayout, _ bytes: UnsafeSelectionBytes) {
    classCount = layout.classCount
    imagesPerClass = layout.imagesPerClass
    classesPerSample = layout.classesPerSample
    self.bytes = bytes
    let places = layout.columns
    func column<Value>(_ count: Int, at offset: Int, as type: Value.Type) -> SelectionColumn<Value>
    {
      SelectionColumn(bytes.bytes.column(at: offset, count: count, as: type), owner: bytes.owner)
    }
    images = SelectedImages(
      shards: column(layout.images, at: places.shards, as: UInt32.self),
      positions: column(layout.images, at: places.positions, as: UInt32.self))
    labelOffsets = column(layout.images + 1, at: places.labelOffsets, as: Int.self)
    classes = column(layout.labels, at: places.classes, as: UInt32.self)
    scores = column(layout.labels, at: places.scores, as: Float.self)
    ranks = column(layout.labels, at: places.ranks, as: UInt32.self)
    repeats =
      layout.repeats ? column(layout.images, at: places.repeats, as: UInt32.self) : nil
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
