import Copies
import Foundation
import ImageData
@_spi(Benchmarks) import Ranking

/// A folder of score files and of what their pictures show, in the real formats, that stand for as many
/// shards as one likes.
///
/// A file is read again and again under new shard indices. Each time every key's hash is changed, every
/// score raised by a tenth at most and every picture's hashes are changed, after the checksum, so that
/// no pass repeats another. In each file every hundredth picture is a copy of the one before, of its
/// bytes and altered in turn.
struct ScorePool {
  let folder: String
  let files: Int

  static let rows = 100_000
  static let classes = 1000
  static let labels = 10

  /// Writes the files that are not there yet.
  func fill() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let missing = (0..<files).filter { number in
      ["scores", "contents", "json"].contains {
        !FileManager.default.fileExists(atPath: path(number, $0))
      }
    }
    DispatchQueue.concurrentPerform(iterations: missing.count) { index in
      // A file that fails is missed when it is read.
      try? fill(missing[index])
    }
  }

  /// The path of a file.
  func path(_ number: Int, _ kind: String) -> String { "\(folder)/\(number).\(kind)" }

  /// Asks for the top of so many images.
  func request(images: Int, imagesPerClass: Int, threads: Int) throws -> SelectionRequest {
    let records = try (0..<files).map { try ShardRecord(path: path($0, "json")) }
    let shards = (0..<max(1, images / Self.rows)).map {
      ScoredShard(
        record: records[$0 % files], scoresPath: path($0 % files, "scores"), index: $0)
    }
    var request = SelectionRequest(
      shards: shards, classesPerSample: Self.labels, imagesPerClass: imagesPerClass,
      threads: threads)
    request.disturbance = { shard, keyHashes, scores in
      let mask = KeyHash.hash(of: String(shard))
      let rise = Float(mask >> 40) / 0x1p24 * 0.1
      for row in keyHashes.indices { keyHashes[row] ^= mask }
      for row in scores.indices { scores[row] += rise }
    }
    return request
  }

  /// What the candidates show, in the order of `order`.
  func contents(
    of images: SelectedImages, order: [UInt32], threads: Int
  ) throws -> OrderedContents {
    try OrderedContents(order: order, in: folder, threads: threads) { rows, note in
      var open: (shard: UInt32, file: ContentsFileReader)?
      for row in rows {
        let id = images[row]
        let file: ContentsFileReader
        if let open, open.shard == id.shard {
          file = open.file
        } else {
          file = try ContentsFileReader(path: path(Int(id.shard) % files, "contents"))
          open = (id.shard, file)
        }
        try note(Self.disturbed(file.contents(at: Int(id.position)), shard: id.shard))
      }
    }
  }

  private static func disturbed(_ picture: ImageContents, shard: UInt32) -> ImageContents {
    var random = SplitMix(state: UInt64(shard) &* 0x1234_5678_9ABC_DEF1)
    var picture = picture
    picture.contentHash.first ^= random.next()
    // The same of both parts: within a shard they stay as near as they were.
    let mask = Fingerprint(low: random.next(), high: random.next())
    for part in [\PerceptualHash.whole, \.inner] {
      picture.perceptualHash[keyPath: part].low ^= mask.low
      picture.perceptualHash[keyPath: part].high ^= mask.high
    }
    return picture
  }

  private func fill(_ number: Int) throws {
    var random = SplitMix(state: UInt64(number) << 32)
    let file = try ScoreFileWriter(
      path: path(number, "scores"), classesPerSample: Self.labels, classes: Self.classes)
    let contents = try ContentsFileWriter(path: path(number, "contents"))
    var scores = Array(repeating: Float(0), count: Self.labels)
    var classes = Array(repeating: 0, count: Self.labels)
    var picture = ImageContents.unreadable
    for row in 0..<Self.rows {
      if row % 100 == 99 {
        for column in scores.indices { scores[column] -= 0.001 }
        if row % 200 == 199 {
          picture.contentHash.first = random.next()
          // Some 8 of the higher bits.
          picture.perceptualHash.whole.high ^= random.next() & random.next() & random.next()
        }
      } else {
        var score = random.normal() * 3
        for column in 0..<Self.labels {
          scores[column] = score
          classes[column] = Int(random.next() % UInt64(Self.classes))
          score -= abs(random.normal())
        }
        picture = ImageContents(
          contentHash: ContentHash.Prefix(first: random.next(), second: random.next()),
          perceptualHash: PerceptualHash(
            whole: Fingerprint(low: random.next(), high: random.next()),
            inner: Fingerprint(low: random.next(), high: random.next())),
          width: 256, height: 256)
      }
      try file.append(keyHash: random.next(), classes: classes, scores: scores)
      try contents.append(picture)
    }
    try contents.finish()
    try file.finish()
    var record = ShardRecord(
      shard: "pool", count: Self.rows, modelSHA256: "", recipeHash: "", inputIdentity: "",
      leftOutIdentity: "", batch: 1, precision: "", libtorch: "", cpuFeatures: "", device: "",
      classesPerSample: Self.labels, classes: Self.classes, scoresSHA256: "", seconds: 0,
      imagesPerSecond: 0)
    record.scoresChecksum = file.checksum
    try record.json().write(to: URL(fileURLWithPath: path(number, "json")))
  }
}
