import Files
import ImageData
import Shards
import Terminal

/// The classes of each picture that has any.
struct TagRows {
  private(set) var indices: [Int] = []
  private(set) var offsets: [Int32] = [0]
  private(set) var labels: [Int32] = []
  private(set) var imagesPerClass: [Int]

  /// Reads what the tags of `pictures` mean, a range of them on each thread.
  /// - Parameters:
  ///   - pictures: W.
  ///   - classesOfTag: The classes of each tag that is one, by its plain spelling.
  ///   - classCount: How many classes there are.
  ///   - workers: How many threads read.
  /// - Throws: `Stopped`; `PipelineError.data` when there are more labels than 32 bits count.
  init(
    of pictures: any ImageDataset, _ classesOfTag: [String: [Int32]], classCount: Int, workers: Int
  ) throws {
    let parts = max(1, min(workers, pictures.count / 1000))
    let count = pictures.count
    let found = try Threads.results(parts: parts, threads: workers) { part in
      try Self.rows(pictures, count * part / parts..<count * (part + 1) / parts, classesOfTag)
    }
    imagesPerClass = Array(repeating: 0, count: classCount)
    guard found.reduce(0, { $0 + $1.labels.count }) < Int(Int32.max) else {
      throw PipelineError.data(
        "data.tagged: its tags are more than \(Int32.max) labels; raise "
          + "teacher.pretraining.minimumImages, or name fewer in teacher.pretraining.tagClasses")
    }
    for part in found {
      let before = Int32(labels.count)
      indices += part.indices
      offsets += part.ends.map { before + $0 }
      labels += part.labels
    }
    for label in labels { imagesPerClass[Int(label)] += 1 }
  }

  private static func rows(
    _ pictures: any ImageDataset, _ range: Range<Int>, _ classesOfTag: [String: [Int32]]
  ) throws -> (indices: [Int], ends: [Int32], labels: [Int32]) {
    var known: [String: [Int32]] = [:]
    var indices: [Int] = []
    var ends: [Int32] = []
    var labels: [Int32] = []
    for index in range {
      try StopSignal.check()
      var classes: [Int32] = []
      for tag in pictures.tags(at: index) {
        let meant = known[tag] ?? classesOfTag[TagMap.plain(tag)] ?? []
        known[tag] = meant
        for label in meant where !classes.contains(label) { classes.append(label) }
      }
      guard !classes.isEmpty else { continue }
      indices.append(index)
      labels += classes.sorted()
      ends.append(Int32(truncatingIfNeeded: labels.count))
    }
    return (indices, ends, labels)
  }

  /// Gives each class the number that `places` has for it, and takes away those with -1 there. The counts
  /// stay those of the old numbers.
  mutating func renumber(_ places: [Int]) {
    var (rows, ends, kept): ([Int], [Int32], [Int32]) = ([], [0], [])
    for (row, index) in indices.enumerated() {
      let classes = labels[Int(offsets[row])..<Int(offsets[row + 1])].map { places[Int($0)] }
      guard classes.contains(where: { $0 >= 0 }) else { continue }
      rows.append(index)
      kept += classes.filter { $0 >= 0 }.map(Int32.init)
      ends.append(Int32(kept.count))
    }
    (indices, offsets, labels) = (rows, ends, kept)
  }
}
