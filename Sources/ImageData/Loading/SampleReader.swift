import Copies

/// What to do about a picture that cannot be read.
public enum UnreadablePolicy: Sendable, Hashable {
  /// Put another sample in its place, a function of seed, pass, sample and attempt: for training.
  case substitute
  /// Leave zeros and list the row: for scoring and evaluation, where every sample counts once.
  case mark
}

/// One row of a batch, once it was read.
struct SampleRow {
  struct Failure {
    let index: Int
    let key: String
    let reason: String
  }

  var index: Int
  var label: Int?
  var hash: ContentHash?
  var contents: ImageContents?
  /// What a cache keeps of the picture.
  var copy: EncodedImage?
  var isReadable = true
  /// Whether the picture lacks its file's end, and nothing else.
  var lacksEnd = false
  /// The samples that were tried in vain for this row, in order.
  var failures: [Failure] = []
}

/// Fills single rows: sample, substitute, augmentation, all functions of the position.
final class SampleReader {
  let dataset: any ImageDataset
  let order: any SampleOrder
  let preset: Preset
  let seed: UInt64
  let hashContent: Bool
  let notesContents: Bool
  let copying: CacheFormat?
  let policy: UnreadablePolicy
  private let decoder: ImageDecoder
  /// Substitutes that are drawn.
  private static let mostDraws = 32
  /// Substitutes that are taken in order when none of the drawn ones can be read.
  private static let mostInOrder = 1000

  init(
    dataset: any ImageDataset, order: any SampleOrder, preset: Preset, seed: UInt64,
    hashContent: Bool, notesContents: Bool = false, copying: CacheFormat? = nil,
    policy: UnreadablePolicy, maxPixels: Int
  ) throws {
    self.dataset = dataset
    self.order = order
    self.preset = preset
    self.seed = seed
    self.hashContent = hashContent
    self.notesContents = notesContents
    self.copying = copying
    self.policy = policy
    decoder = try ImageDecoder(maxPixels: maxPixels)
  }

  /// Reads the sample at `position` into `out`.
  /// - Throws: What is not a single picture's fault.
  func read(position: Int, into out: UnsafeMutableRawBufferPointer) throws -> SampleRow {
    let (pass, index) = order.sample(at: position)
    guard index >= 0, index < dataset.count else {
      throw ImageDataError.argument(
        "position \(position) is sample \(index), but \(dataset.name) has \(dataset.count)")
    }
    var row = SampleRow(index: index)
    var attempt = 0
    while true {
      attempt += 1
      do {
        let image = try dataset.read(at: row.index)
        if notesContents || copying != nil, case .evaluation(let preset) = preset {
          let hash = ContentHash(of: image)
          (row.contents, row.copy) = try decoder.render(
            image, hash: hash, preset: preset, copying: copying, key: dataset.key(at: row.index),
            into: out)
          if hashContent { row.hash = hash }
        } else {
          let random = CounterRandom(seed: seed, pass: pass, sample: row.index)
          try decoder.render(
            image, preset: preset, random: random, key: dataset.key(at: row.index), into: out)
          if hashContent { row.hash = ContentHash(of: image) }
        }
        row.lacksEnd = decoder.lacksEnd
        row.label = dataset.label(at: row.index)
        return row
      } catch ImageDataError.unreadable(let key, let reason) {
        row.failures.append(SampleRow.Failure(index: row.index, key: key, reason: reason))
      }
      if policy == .mark { break }
      row.index =
        attempt <= Self.mostDraws
        ? Self.substitute(
          for: index, seed: seed, pass: pass, attempt: attempt, count: dataset.count)
        : (row.index + 1) % dataset.count
      guard attempt < Self.mostDraws + min(dataset.count, Self.mostInOrder) else {
        throw ImageDataError.tooManyUnreadable(Self.nothingReadable(row.failures, dataset))
      }
    }
    row.index = index
    row.label = dataset.label(at: index)
    row.isReadable = false
    out.initializeMemory(as: UInt8.self, repeating: 0)
    return row
  }

  private static func nothingReadable(
    _ failures: [SampleRow.Failure], _ dataset: any ImageDataset
  ) -> String {
    let count = Set(failures.map(\.index)).count
    let first = failures.first.map { ", the first \($0.key) (\($0.reason))" } ?? ""
    return "none of \(count) pictures of \(dataset.name) could be read\(first)"
  }

  /// The sample that stands in for `index`, evenly from all samples.
  static func substitute(
    for index: Int, seed: UInt64, pass: Int, attempt: Int, count: Int
  ) -> Int {
    // Augmentation draws from the seed itself; these draws need a key of their own.
    var random = CounterRandom(seed: ~seed &- UInt64(attempt), pass: pass, sample: index)
    return random.integer(below: count)
  }
}
