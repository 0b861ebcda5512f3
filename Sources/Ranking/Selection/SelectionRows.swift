/// The labels of a selection while it is made: 16 bytes each, sorted by image and then by class.
///
/// `first` of an entry is the image's number, the upper half of `second` the number of the label when
/// all are counted class by class and by rank, the lower half the score's bits. So a label's class and
/// rank take no room of their own, and the order of numbers is the order of classes.
struct SelectionRows: @unchecked Sendable {
  /// What the numbers of images mean; they ascend as the ids do.
  enum Images: Sendable {
    /// Samples of scored shards.
    case samples(SampleNumbers)
    /// Rows of another selection.
    case rows(SelectedImages)

    /// The id of the image with a number; `hint` is kept from one to the next.
    @inline(__always)
    func id(_ number: UInt64, near hint: inout Int) -> SampleID {
      switch self {
      case .samples(let numbers): numbers.id(number, near: &hint)
      case .rows(let images): images[Int(number)]
      }
    }
  }

  let entries: RankingEntries
  /// The number of the first label of each class, then that of all labels.
  let firstLabels: [Int]
  /// Where each run of 256 numbers begins among the classes.
  private let hints: [UInt32]
  let images: Images
  private let region: EntryRegion

  /// Makes rows of the first `count` entries of `region`.
  init(_ count: Int, of region: EntryRegion, firstLabels: [Int], images: Images) {
    entries = region.entries.part(0..<count)
    self.region = region
    self.images = images
    self.firstLabels = firstLabels
    var hints: [UInt32] = []
    var index = 0
    let total = firstLabels.last ?? 0
    for number in stride(from: 0, through: total, by: 256) {
      while index + 2 < firstLabels.count, firstLabels[index + 1] <= number { index += 1 }
      hints.append(UInt32(index))
    }
    self.hints = hints
  }

  /// The most labels that a selection may have.
  static let limit = Int(UInt32.max)

  @inline(__always)
  static func entry(image: UInt64, label: Int, score: Float) -> RankingEntry {
    RankingEntry(first: image, second: UInt64(label) << 32 | UInt64(score.bitPattern))
  }

  /// The class and the rank of an entry's label.
  @inline(__always)
  func label(_ entry: RankingEntry) -> (class: Int, rank: Int) {
    let number = Int(entry.second >> 32)
    var index = Int(hints[number >> 8])
    while firstLabels[index + 1] <= number { index &+= 1 }
    return (index, number - firstLabels[index] + 1)
  }
}
