import Foundation

/// What the teacher said of every selected image: its best classes with probabilities that sum to 1.
///
/// In compressed rows: the classes of image i are `offsets[i]..<offsets[i + 1]` of `classes`, ascending, and of
/// `probabilities`.
public struct SoftLabels: Equatable, Sendable {
  /// Where the classes of each image begin, and at last how many there are.
  public private(set) var offsets: [Int] = [0]
  /// The classes.
  public private(set) var classes: [Int] = []
  /// Their probabilities.
  public private(set) var probabilities: [Float] = []

  /// Reads them from the score files of `shards` that `selection` was made from.
  ///
  /// Of an image's P classes that took part, with probabilities p, each has p^(1/T) over the sum of these.
  /// - Parameters:
  ///   - selection: The selected images.
  ///   - shards: The scored shards.
  ///   - temperature: T, above 0: what the probabilities are flattened by.
  /// - Throws: `RankingError` naming a score file that is not the one that was selected from; `FileError`.
  /// - Complexity: Every block with a selected image is read once.
  public init(
    of selection: Selection, from shards: [ScoredShard], temperature: Double
  ) throws {
    let places = Dictionary(
      shards.map { ($0.index, $0) }, uniquingKeysWith: { first, _ in first })
    var open: (shard: Int, stream: ScoreFileStream)?
    var block: ScoreBlock?
    for row in selection.images.indices {
      let image = selection.images[row]
      let shard = Int(image.shard), position = Int(image.position)
      if open?.shard != shard {
        guard let scored = places[shard] else {
          throw RankingError.invalidArgument(
            "shard \(shard), from which images were selected, has no scores any more; score it again"
          )
        }
        (open, block) = ((shard, try scored.open()), nil)
      }
      guard let stream = open?.stream else { continue }
      guard position < stream.layout.count else { throw Self.isOther(stream.path) }
      if block.map({ position >= $0.firstPosition + $0.count }) ?? true {
        block = try stream.block(position / stream.layout.samplesPerBlock)
      }
      guard let block else { continue }
      let columns = 0..<min(selection.classesPerSample, block.columnCount)
      let entries = columns.compactMap { column in
        block.class(at: position - block.firstPosition, column: column).map {
          (class: $0, score: block.score(at: position - block.firstPosition, column: column))
        }
      }.sorted { $0.class < $1.class }
      for label in selection.labels(ofImage: row) {
        guard entries.contains(where: { $0.class == label.class && $0.score == label.score }) else {
          throw Self.isOther(stream.path)
        }
      }
      append(entries, temperature)
    }
  }

  private static func isOther(_ path: String) -> RankingError {
    .corruptFile(path: path, reason: "the selection was not made from these scores; select again")
  }

  private mutating func append(_ entries: [(class: Int, score: Float)], _ temperature: Double) {
    // A score is the log-odds log p − log(1 − p), so that log p = −log(1 + e^−score).
    let logarithms = entries.map { entry in
      let score = Double(entry.score)
      return (min(0, score) - log1p(exp(-abs(score)))) / temperature
    }
    let most = logarithms.max() ?? 0
    let powers = logarithms.map { exp($0 - most) }
    let sum = powers.reduce(0, +)
    classes += entries.map(\.class)
    probabilities += powers.map { Float($0 / sum) }
    offsets.append(classes.count)
  }
}
