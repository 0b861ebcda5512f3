/// Finds the rows of a column whose scores are not below the limits of their classes.
final class PassingRows {
  private let limits: UnsafeMutableBufferPointer<Float>
  private var rows: UnsafeMutableBufferPointer<UInt32>
  /// The lowest limit of a class: what is below it is out whatever its class.
  var leastLimit: Float

  /// Compares with `limits`, at least 2^16 of them.
  init(limits: UnsafeMutableBufferPointer<Float>) {
    leastLimit = -.infinity
    self.limits = limits
    rows = .allocate(capacity: 4096 + 8)
  }

  deinit { rows.deallocate() }

  /// Whether all eight scores are below their limits.
  @inline(__always)
  private static func isOut(_ score: SIMD8<Float>, _ limit: SIMD8<Float>) -> Bool {
    let out = unsafeBitCast(score .< limit, to: SIMD8<Int32>.self)
    let all = unsafeBitCast(out.lowHalf & out.highHalf, to: SIMD2<Int64>.self)
    return all[0] & all[1] == -1
  }

  /// Finds the rows that pass; so does every score that is not a number.
  ///
  /// Every row is written and the count moves on behind those that pass, so that nothing is
  /// mispredicted where many do.
  /// - Parameters:
  ///   - scores: A column of scores.
  ///   - classes: Their classes.
  ///   - range: The rows that are looked at.
  ///   - expectsFew: Whether eight rows at a time are first compared with the lowest limit, then with
  ///     their own.
  /// - Returns: Their numbers, valid until the next call.
  func find<Class: FixedWidthInteger & BitwiseCopyable>(
    _ scores: UnsafeBufferPointer<Float>, _ classes: UnsafeBufferPointer<Class>,
    _ range: Range<Int>, expectsFew: Bool
  ) -> UnsafeBufferPointer<UInt32> {
    if rows.count < range.count + 8 {
      rows.deallocate()
      rows = .allocate(capacity: range.count + 8)
    }
    guard let rows = rows.baseAddress, let limits = limits.baseAddress,
      let firstScore = scores.baseAddress
    else {
      return UnsafeBufferPointer(start: nil, count: 0)
    }
    let known = self.limits.count
    @inline(__always)
    func limit(_ row: Int) -> Float {
      let label = Int(truncatingIfNeeded: classes[row])
      // Every 16-bit number has a limit; the compiler drops the question for them.
      return Class.bitWidth <= 16 || label < known ? limits[label] : -.infinity
    }
    var count = 0
    var row = range.lowerBound
    let least = SIMD8<Float>(repeating: leastLimit)
    @inline(__always)
    func compare(_ row: Int) {
      rows[count] = UInt32(truncatingIfNeeded: row)
      count &+= firstScore[row] < limit(row) ? 0 : 1
    }
    while expectsFew, row &+ 8 <= range.upperBound {
      let score = UnsafeRawPointer(firstScore + row).loadUnaligned(as: SIMD8<Float>.self)
      if !Self.isOut(score, least) {
        let limit = SIMD8<Float>(
          limit(row), limit(row + 1), limit(row + 2), limit(row + 3), limit(row + 4),
          limit(row + 5), limit(row + 6), limit(row + 7))
        // −1 where the row is out.
        let out = unsafeBitCast(score .< limit, to: SIMD8<Int32>.self)
        let all = unsafeBitCast(out.lowHalf & out.highHalf, to: SIMD2<Int64>.self)
        if all[0] & all[1] != -1 {
          for lane in 0..<8 {
            rows[count] = UInt32(truncatingIfNeeded: row &+ lane)
            count &+= 1 &+ Int(out[lane])
          }
        }
      }
      row &+= 8
    }
    while row < range.upperBound {
      compare(row)
      row &+= 1
    }
    return UnsafeBufferPointer(start: rows, count: count)
  }
}

extension Selection.Reading {
  /// Counts the samples in some rows of a block.
  mutating func count(_ block: ScoreBlock, _ fraction: SampleFraction) {
    let rows = 0..<block.count
    samples += block.count
    guard block.layout.classesPerSample > 0 else { return }
    let scores = block.scores(column: 0)
    for row in rows where scores[row].isNaN {
      if block.class(at: row, column: 0) == nil { withoutEntries += 1 } else { notANumber += 1 }
    }
    guard !fraction.isWhole else { return }
    let keyHashes = block.keyHashes
    for row in rows where !fraction.contains(keyHash: keyHashes[row]) { outsideFraction += 1 }
  }
}
