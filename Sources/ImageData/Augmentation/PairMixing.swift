import CImage
import Foundation

/// Mixes each two neighbours of the order in which pictures are seen, and says how much is left of each.
///
/// Mixup (H. Zhang et al., arXiv:1710.09412) fades one picture into the other, CutMix (S. Yun et al.,
/// arXiv:1905.04899) exchanges a rectangle; where both are asked for, either comes half of the time. As timm's
/// `Mixup` in mode `pair`: a share and a rectangle for each two pictures, of which one becomes the first mixed
/// with the second and the other the second mixed with the first. Both are functions of seed and position.
public struct PairMixing: Sendable, Hashable {
  /// The parameter of Mixup's distribution, Beta(α, α) of the share; 0 for no Mixup.
  public var mixup: Double
  /// That of CutMix; 0 for no CutMix.
  public var cutmix: Double

  /// Within how many pictures, from the first of a batch on, neighbours are looked for.
  public var part: Int

  /// Mixes with these parameters; nil where both are 0.
  public init?(mixup: Double = 0, cutmix: Double = 0, within part: Int = 1 << 24) {
    guard mixup > 0 || cutmix > 0 else { return nil }
    self.mixup = mixup
    self.cutmix = cutmix
    self.part = part
  }

  /// How two pictures are mixed.
  enum Mix: Equatable {
    /// All pixels are this share of their own.
    case faded(Double)
    /// A rectangle is the other's.
    case patched(PixelRectangle)

    /// How much of a picture of `size` pixels a side is its own.
    func share(size: Int) -> Double {
      switch self {
      case .faded(let share): share
      case .patched(let part): 1 - Double(part.width * part.height) / Double(size * size)
      }
    }
  }

  /// How the pictures at `position` and the next one are mixed.
  func mix(at position: Int, size: Int, seed: UInt64) -> Mix {
    // Augmentation draws from the seed itself.
    var random = CounterRandom(seed: seed ^ 0x6d69_7875_705f_6d78, pass: 0, sample: position)
    let isPatch = mixup == 0 || cutmix > 0 && random.happens(0.5)
    let share = random.symmetricBeta(isPatch ? cutmix : mixup)
    guard isPatch else { return .faded(share) }
    // timm's rand_bbox: what lies outside is cut off, and the share is counted again.
    let side = Int(Double(size) * (1 - share).squareRoot())
    func span() -> Range<Int> {
      let middle = random.integer(below: size)
      let low = max(0, middle - side / 2)
      return low..<max(low, min(size, middle + side / 2))
    }
    let (rows, columns) = (span(), span())
    return .patched(
      PixelRectangle(
        x: columns.lowerBound, y: rows.lowerBound, width: columns.count, height: rows.count))
  }

  /// Mixes the neighbours among `count` pictures, of which the first stands at `position`.
  /// - Returns: What each picture is then made of. The last of an odd part stays as it is.
  func apply(
    to pixels: UnsafeMutableRawBufferPointer, count: Int, size: Int, channels: Int, position: Int,
    seed: UInt64
  ) -> [MixedPicture] {
    guard let base = pixels.bindMemory(to: UInt8.self).baseAddress else { return [] }
    let bytes = size * size * channels
    var mixed = (0..<count).map { MixedPicture(neighbour: $0, share: 1) }
    for start in stride(from: 0, to: count, by: part) {
      for row in stride(from: start, to: min(start + part, count) - 1, by: 2) {
        let mix = mix(at: position + row, size: size, seed: seed)
        let (first, second) = (base + row * bytes, base + (row + 1) * bytes)
        switch mix {
        case .faded(let share): cimage_mix(first, second, Int64(bytes), Float(share))
        case .patched(let part):
          cimage_swap(
            first, second, Int64(size * channels), Int32(channels), Int32(part.x), Int32(part.y),
            Int32(part.width), Int32(part.height))
        }
        let share = Float(mix.share(size: size))
        mixed[row] = MixedPicture(neighbour: row + 1, share: share)
        mixed[row + 1] = MixedPicture(neighbour: row, share: share)
      }
    }
    return mixed
  }

  /// - Throws: `ImageDataError.argument` saying what cannot be done.
  func validate() throws {
    guard mixup >= 0, cutmix >= 0, mixup.isFinite, cutmix.isFinite, part > 0 else {
      throw ImageDataError.argument(
        "pictures cannot be mixed by Beta(\(mixup)) and Beta(\(cutmix)) in parts of \(part); give numbers from 0 up"
      )
    }
  }
}

/// What a picture of a batch is made of.
public struct MixedPicture: Sendable, Hashable {
  /// The row whose picture it was mixed with; its own where it was with none.
  public let neighbour: Int
  /// How much of it is its own picture; the rest is its neighbour's.
  public let share: Float
}

extension CounterRandom {
  /// A number between 0 and 1 of the distribution Beta(α, α).
  ///
  /// Above 1/2 in closed form (G. Ulrich, "Computer generation of distributions on the m-sphere", Applied
  /// Statistics 33, 1984), below by Jöhnk's rejection, in logarithms.
  mutating func symmetricBeta(_ alpha: Double) -> Double {
    if alpha > 0.5 {
      let radius = (1 - pow(uniform(), 2 / (2 * alpha - 1))).squareRoot()
      return (1 + radius * cos(2 * .pi * uniform())) / 2
    }
    // At 1/2 two of three attempts succeed, and more below.
    while true {
      let first = log(uniform()) / alpha, second = log(uniform()) / alpha
      let most = max(first, second)
      let sum = most + log(exp(first - most) + exp(second - most))
      if sum <= 0 { return exp(first - sum) }
    }
  }
}
