import Files
import Foundation

/// What many pictures are, the best first, in a file without a name that lives as long as this does:
/// 48 bytes a picture on the disk, or in the page cache where there is room, and none in the process.
///
/// ```swift
/// let contents = try OrderedContents(order: order, in: folder) { rows, note in
///   for row in rows { try note(contents(of: row)) }
/// }
/// let copies = try DuplicateRows.find(in: contents)
/// ```
///
/// Of n pictures the file holds, in native byte order:
///
/// | offset | bytes | column |
/// |---|---|---|
/// | 0 | 16·n | the first 16 bytes of the SHA-256 of the encoded bytes |
/// | 16·n | 32·n | fingerprints of the whole picture and of its inner part |
public struct OrderedContents: Sendable {
  /// Number of pictures.
  public let count: Int
  private let file: PositionedFile

  /// Reads what every row is, row after row, and puts it in another order.
  ///
  /// Rows go to 256 files in one by the places they will have, and from there to their places: two
  /// writings and a reading in sequence, instead of an access at random for every row.
  /// - Parameters:
  ///   - order: The rows in the wanted order, each once.
  ///   - folder: Where the file is, and beside it for a while one of 56 bytes a picture.
  ///   - threads: How many threads read, by default one a core.
  ///   - read: Passes on what each row of a range is, in order. Called from several threads at once
  ///     with ranges that follow each other and together are all rows.
  /// - Throws: `CopiesError.argument` when `order` is none; `FileError`; what `read` throws.
  /// - Complexity: O(rows); 4 bytes of memory a row and some 20 MB a thread.
  public init(
    order: [UInt32], in folder: String, threads: Int? = nil,
    read: @Sendable (_ rows: Range<Int>, _ note: (ImageContents) throws -> Void) throws -> Void
  ) throws {
    count = order.count
    let places = try Self.places(order)
    let scattered = try ScatteredContents(count: count, in: folder)
    // Few ranges: where one ends inside a block of a contents file, the next reads that again.
    let ranges = max(1, min(8 * (threads ?? Threads.cores), order.count >> 16))
    _ = try Threads.results(parts: ranges, threads: threads) { [count] number in
      let rows = count * number / ranges..<count * (number + 1) / ranges
      let writer = ScatteredContents.Writer(scattered)
      var row = rows.lowerBound
      try read(rows) { contents in
        guard row < rows.upperBound else { throw Self.miscounted(rows) }
        try writer.append(contents, place: places[row])
        row += 1
      }
      guard row == rows.upperBound else { throw Self.miscounted(rows) }
      try writer.flush()
    }
    file = try PositionedFile(temporaryIn: folder)
    _ = try Threads.results(parts: scattered.partCount, threads: threads) { [file] part in
      try scattered.gather(part, into: file)
    }
  }

  var contentHashes: HashColumn<ContentHash.Prefix> {
    HashColumn(count: count, in: file, at: 0)
  }

  var perceptualHashes: HashColumn<PerceptualHash> {
    HashColumn(count: count, in: file, at: 16 * count)
  }

  /// Where each row stands in `order`.
  private static func places(_ order: [UInt32]) throws -> [UInt32] {
    var places = [UInt32](repeating: .max, count: order.count)
    for (place, row) in order.enumerated() {
      guard row < order.count, places[Int(row)] == .max else {
        throw CopiesError.argument(
          "row \(row) of \(order.count) is twice in an order, or beyond it")
      }
      places[Int(row)] = UInt32(truncatingIfNeeded: place)
    }
    return places
  }

  private static func miscounted(_ rows: Range<Int>) -> CopiesError {
    .argument("not \(rows.count) pictures were noted for the rows \(rows)")
  }
}
