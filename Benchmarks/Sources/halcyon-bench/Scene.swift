import Foundation

/// The same numbers from the same seed on every machine.
struct SceneRandom: RandomNumberGenerator {
  private var random: SplitMix

  /// Stream number `stream` of `seed`.
  init(seed: UInt64, stream: Int) {
    random = SplitMix(state: seed &* 0xD6E8_FEB8_6659_FD93 ^ UInt64(truncatingIfNeeded: stream))
    random.state = random.next() ^ random.next() << 1
  }

  mutating func next() -> UInt64 { random.next() }

  mutating func uniform(_ range: ClosedRange<Float>) -> Float {
    range.lowerBound + (range.upperBound - range.lowerBound) * Float(next() >> 40) / 0xFF_FFFF
  }

  mutating func integer(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.count))
  }

  mutating func colour() -> SIMD4<Float> {
    SIMD4(uniform(0...255), uniform(0...255), uniform(0...255), 0)
  }
}

/// Plain pixels, RGB.
struct Raster {
  var width: Int, height: Int
  var pixels: [UInt8]
}

/// A made picture: a sky or wall that varies slowly, things with an edge and a surface on it, some
/// strokes as of writing, grain.
///
/// Every scene is drawn from the same distribution, so that scenes share their statistics
/// (brightness falls off with frequency, light comes from somewhere, edges are few), and nothing
/// else.
struct Scene {
  static let side = 256
  private var canvas: [SIMD4<Float>]
  private var random: SceneRandom

  /// Paints scene `number` of `seed`.
  /// - Complexity: O(pixels), some 5 ms.
  static func raster(_ number: Int, seed: UInt64) -> Raster {
    var scene = Scene(random: SceneRandom(seed: seed, stream: number))
    scene.paintGround()
    for _ in 0..<scene.random.integer(3...9) { scene.paintThing() }
    if scene.random.integer(0...2) == 0 { scene.paintWriting() }
    return scene.finished()
  }

  private init(random: SceneRandom) {
    self.random = random
    canvas = Array(repeating: .zero, count: Self.side * Self.side)
  }

  /// Light that falls from one side, and clouds on it.
  private mutating func paintGround() {
    let (from, to) = (random.colour(), random.colour())
    let angle = random.uniform(0...(2 * .pi))
    let (across, down) = (cos(angle), sin(angle))
    let clouds = noise(octaves: 5, coarsest: random.integer(2...4))
    let strength = random.uniform(10...60)
    for y in 0..<Self.side {
      for x in 0..<Self.side {
        let place = (Float(x - 128) * across + Float(y - 128) * down) / 362 + 0.5
        let at = y * Self.side + x
        canvas[at] = from + (to - from) * place + SIMD4(repeating: clouds[at] * strength)
      }
    }
  }

  /// An ellipse, a rectangle or a triangle, turned, plain or with stripes, squares or clouds.
  private mutating func paintThing() {
    let (centreX, centreY) = (random.uniform(10...246), random.uniform(10...246))
    let (halfWidth, halfHeight) = (random.uniform(12...80), random.uniform(12...80))
    let angle = random.uniform(0...(.pi))
    let (cosine, sine) = (cos(angle), sin(angle))
    let kind = random.integer(0...2), surface = random.integer(0...3)
    let (colour, second) = (random.colour(), random.colour())
    let period = random.uniform(4...24)
    let shade = random.uniform(-0.5...0.5)
    let clouds = surface == 3 ? noise(octaves: 3, coarsest: random.integer(8...24)) : []
    let reach = Int((halfWidth * halfWidth + halfHeight * halfHeight).squareRoot()) + 1
    for y in max(0, Int(centreY) - reach)..<min(Self.side, Int(centreY) + reach) {
      for x in max(0, Int(centreX) - reach)..<min(Self.side, Int(centreX) + reach) {
        let (dx, dy) = (Float(x) - centreX, Float(y) - centreY)
        let u = (dx * cosine + dy * sine) / halfWidth
        let v = (dy * cosine - dx * sine) / halfHeight
        let isInside =
          switch kind {
          case 0: u * u + v * v < 1
          case 1: abs(u) < 1 && abs(v) < 1
          default: v < 1 && abs(u) < (v + 1) / 2
          }
        guard isInside else { continue }
        let at = y * Self.side + x
        let (along, beside) = (u * halfWidth / period, v * halfHeight / period)
        let isSecond =
          switch surface {
          case 1: along - along.rounded(.down) < 0.5
          case 2: Int(along.rounded(.down) + beside.rounded(.down)) % 2 == 0
          default: false
          }
        let base = isSecond ? second : colour
        let light = 1 + shade * u + (surface == 3 ? clouds[at] * 0.4 : 0)
        canvas[at] = base * light
      }
    }
  }

  /// Rows of short strokes, dark or light.
  private mutating func paintWriting() {
    let ink = SIMD4<Float>(repeating: random.integer(0...1) == 0 ? 20 : 235)
    let height = random.integer(5...14)
    let left = random.integer(5...100)
    var top = random.integer(5...150)
    for _ in 0..<random.integer(1...6) where top + height < Self.side {
      var x = left
      let end = min(Self.side - 2, left + random.integer(40...200))
      while x < end {
        let isTall = random.integer(0...1) == 0
        for y in (isTall ? top : top + height / 2)..<(top + height) {
          canvas[y * Self.side + x] = ink
          canvas[y * Self.side + x + 1] = ink
        }
        if random.integer(0...2) == 0 {
          let bar = (top + random.integer(0...height - 1)) * Self.side
          for dx in 0..<min(5, Self.side - x) { canvas[bar + x + dx] = ink }
        }
        x += random.integer(3...7) + (random.integer(0...5) == 0 ? 6 : 0)
      }
      top += height * 3 / 2
    }
  }

  /// Value noise between −1 and 1 whose octaves halve in size and strength.
  private mutating func noise(octaves: Int, coarsest: Int) -> [Float] {
    var sum = [Float](repeating: 0, count: Self.side * Self.side)
    var cells = coarsest
    var strength: Float = 0.5
    for _ in 0..<octaves {
      let lattice = (0..<(cells + 1) * (cells + 1)).map { _ in random.uniform(-1...1) }
      let scale = Float(cells) / Float(Self.side)
      var row = [Float](repeating: 0, count: cells + 1)
      for y in 0..<Self.side {
        let place = Float(y) * scale
        let cell = Int(place)
        let down = Self.smooth(place - Float(cell))
        for column in 0...cells {
          let above = lattice[cell * (cells + 1) + column]
          row[column] = above + (lattice[(cell + 1) * (cells + 1) + column] - above) * down
        }
        for x in 0..<Self.side {
          let place = Float(x) * scale
          let cell = Int(place)
          let value = row[cell] + (row[cell + 1] - row[cell]) * Self.smooth(place - Float(cell))
          sum[y * Self.side + x] += value * strength
        }
      }
      cells *= 2
      strength /= 2
    }
    return sum
  }

  private static func smooth(_ t: Float) -> Float { t * t * (3 - 2 * t) }

  /// The canvas with a little grain, in bytes.
  private mutating func finished() -> Raster {
    var pixels = [UInt8]()
    pixels.reserveCapacity(canvas.count * 3)
    let grain = random.uniform(0...6)
    for value in canvas {
      let bits = random.next()
      let light = (Float(bits & 0xFFFF) + Float(bits >> 48)) / 65_535 - 1
      for channel in 0..<3 {
        pixels.append(UInt8(min(255, max(0, value[channel] + light * grain))))
      }
    }
    return Raster(width: Self.side, height: Self.side, pixels: pixels)
  }
}
