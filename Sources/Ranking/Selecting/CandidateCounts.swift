/// How many rows of each class could be selected.
struct CandidateCounts {
  private(set) var counts: [Int]
  private let classesPerSample: Int
  private let minimumScore: Float
  private let fraction: SampleFraction

  init(classes: Int, classesPerSample: Int, minimumScore: Float, fraction: SampleFraction) {
    counts = Array(repeating: 0, count: classes)
    self.classesPerSample = classesPerSample
    self.minimumScore = minimumScore
    self.fraction = fraction
  }

  /// Counts the rows of a block.
  mutating func add(_ block: ScoreBlock) {
    for column in 0..<classesPerSample {
      if block.layout.classBytes == 2 {
        add(block, column, block.classes(column: column, as: UInt16.self))
      } else {
        add(block, column, block.classes(column: column, as: UInt32.self))
      }
    }
  }

  private mutating func add<Class: FixedWidthInteger & BitwiseCopyable>(
    _ block: ScoreBlock, _ column: Int, _ classes: UnsafeBufferPointer<Class>
  ) {
    let scores = block.scores(column: column)
    for row in 0..<block.count where scores[row] >= minimumScore {
      let label = Int(truncatingIfNeeded: classes[row])
      guard label < counts.count, fraction.contains(keyHash: block.keyHashes[row]) else { continue }
      counts[label] += 1
    }
  }
}
