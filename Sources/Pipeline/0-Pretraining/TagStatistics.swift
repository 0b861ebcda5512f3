import Files
import Foundation
import ImageData

/// The tags of W in numbers: `0-pretrained/tags.json`, which the report shows.
struct TagStatistics: Codable, Equatable {
  /// A tag or a class and how many pictures carry it.
  struct Count: Codable, Equatable {
    let name: String
    let images: Int
    /// The classes that a tag is; empty for one that is left out, and for a class.
    var classes: [String] = []
  }

  /// One point of the curve of frequencies.
  struct Point: Codable, Equatable {
    let rank: Int
    let images: Int
  }

  /// Zipf's law: images = scale · rank^-exponent.
  struct Fit: Codable, Equatable {
    let exponent: Double
    let scale: Double

    func images(atRank rank: Int) -> Double { scale * pow(Double(rank), -exponent) }
  }

  /// Pictures of W.
  let images: Int
  /// Those with any tag.
  let tagged: Int
  /// Those with a class: what is learned from, with the copies that are left out.
  let known: Int
  /// Those with a class that are left out, since D or the test pictures hold them.
  let copies: Int
  /// Those that cannot be read.
  let unreadable: Int
  /// Different tags.
  let tags: Int
  /// Tags that are no class.
  let leftOut: Int
  /// Classes.
  let classes: Int
  /// How many pictures have 1, 2, 3 … classes.
  let imagesByClassCount: [Int]
  /// The frequencies of tags by rank, at ranks in equal ratios.
  let curve: [Point]
  /// Zipf's law that fits the curve; nil for fewer than three points.
  let fit: Fit?
  /// The classes, the most frequent first, 50 at most.
  let frequentClasses: [Count]
  /// The least frequent ones, 10 at most.
  let rareClasses: [Count]
  /// The most frequent tags of each of the frequent classes, 8 at most of each.
  let mapped: [String: [Count]]
  /// The most frequent tags that are no class, 20 at most.
  let frequentLeftOut: [Count]
  /// Classes of the list that too few pictures carry.
  let missingClasses: [String]

  /// Counts those of `vocabulary`, of whose pictures some are left out or unreadable.
  init(of vocabulary: TagVocabulary, copies: Int, unreadable: Int) {
    images = vocabulary.images
    tagged = vocabulary.tagged
    known = vocabulary.indices.count
    self.copies = copies
    self.unreadable = unreadable
    tags = vocabulary.tags.count
    classes = vocabulary.classNames.count
    var byCount: [Int] = []
    for (start, end) in zip(vocabulary.offsets, vocabulary.offsets.dropFirst()) {
      let count = Int(end - start)
      while byCount.count < count { byCount.append(0) }
      byCount[count - 1] += 1
    }
    imagesByClassCount = byCount
    curve = Self.curve(of: vocabulary.tags.map(\.images))
    fit = Self.fit(of: curve)
    let order = vocabulary.classNames.indices.sorted { left, right in
      vocabulary.imagesPerClass[left] != vocabulary.imagesPerClass[right]
        ? vocabulary.imagesPerClass[left] > vocabulary.imagesPerClass[right] : left < right
    }
    let counts = order.map {
      Count(name: vocabulary.classNames[$0], images: vocabulary.imagesPerClass[$0])
    }
    frequentClasses = Array(counts.prefix(50))
    rareClasses = Array(counts.dropFirst(50).suffix(10))
    var mapped: [String: [Count]] = [:]
    var others: [Count] = []
    var leftOut = 0
    let shown = Set(order.prefix(50))
    for tag in vocabulary.tags {
      let names = tag.classes.map { vocabulary.classNames[$0] }
      if names.isEmpty {
        leftOut += 1
        if others.count < 20 { others.append(Count(name: tag.name, images: tag.images)) }
      }
      for index in tag.classes where shown.contains(index) {
        let name = vocabulary.classNames[index]
        guard mapped[name, default: []].count < 8 else { continue }
        mapped[name, default: []].append(
          Count(name: tag.name, images: tag.images, classes: names))
      }
    }
    self.leftOut = leftOut
    self.mapped = mapped
    frequentLeftOut = others
    missingClasses = Array(vocabulary.rareClasses.prefix(50))
  }

  /// The frequencies, the highest first, at some 60 ranks in equal ratios from 1 to the last.
  static func curve(of frequencies: [Int]) -> [Point] {
    guard let last = frequencies.indices.last else { return [] }
    var ranks: [Int] = []
    for step in 0..<60 {
      let rank = Int(pow(Double(last + 1), Double(step) / 59).rounded())
      if rank != ranks.last { ranks.append(rank) }
    }
    return ranks.map { Point(rank: $0, images: frequencies[$0 - 1]) }
  }

  /// Zipf's law that fits the points best: the line through their logarithms by least squares, nil for
  /// fewer than three points. Points at equal ratios keep the many rare tags from deciding alone.
  static func fit(of curve: [Point]) -> Fit? {
    let points = curve.filter { $0.images > 0 }.map {
      (log(Double($0.rank)), log(Double($0.images)))
    }
    guard points.count > 2 else { return nil }
    let count = Double(points.count)
    let x = points.reduce(0) { $0 + $1.0 } / count
    let y = points.reduce(0) { $0 + $1.1 } / count
    let spread = points.reduce(0) { $0 + ($1.0 - x) * ($1.0 - x) }
    let slope = points.reduce(0) { $0 + ($1.0 - x) * ($1.1 - y) } / spread
    return Fit(exponent: -slope, scale: exp(y - slope * x))
  }
}
