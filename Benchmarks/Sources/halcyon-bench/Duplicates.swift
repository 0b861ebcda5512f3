import ArgumentParser
import Copies
import Foundation
import ImageData
import Shards

/// Plants copies among pictures and says which are found: two JSON lines, one for copies with one
/// alteration each and one for copies with all of them.
struct Duplicates: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "duplicates")

  @Option(help: "A folder of pictures; without one, scenes are made.")
  var folder: String?

  @Option(help: "What the lines call the pictures.")
  var name = "scenes"

  @Option(help: "Pictures with the copies.")
  var pictures = 50_000

  @Option(help: "Exact copies, and as many altered ones.")
  var planted = 1000

  @Option(parsing: .upToNextOption, help: "The most bits in which copies differ; a line for each.")
  var within = [PerceptualHash.nearDistance]

  func run() throws {
    let dataset = try folder.map { try openDataset($0, unlabelled: true) }
    let source = dataset.map { PlantedImages.Source.dataset($0) } ?? .scenes(seed: 1)
    let originals = min(pictures - 2 * planted, dataset?.count ?? .max)
    guard planted > 0, originals >= 2 * planted else {
      throw ValidationError("\(originals) pictures are too few for \(planted) copies of each kind")
    }
    let set = PlantedImages(source: source, originals: originals, planted: planted)
    let contents = try note(set)
    let costs = try costs(set)
    for (alterations, altered) in [("one", set.alteredRows), ("all", set.combinedRows)] {
      for distance in within {
        var line = try search(set, contents, altered: altered, within: distance)
        line += #""decode_us": \#(rounded(costs.decode)), "noting_us": \#(rounded(costs.noting))"#
        print(
          #"{"work": "duplicates", "set": "\#(name)", "alterations": "\#(alterations)", "#
            + #""within": \#(distance), \#(line)}"#)
      }
    }
  }

  /// What is found among the originals, the exact copies and those of `altered`.
  private func search(
    _ set: PlantedImages, _ contents: [ImageContents], altered: Range<Int>, within distance: Int
  ) throws -> String {
    let rows = Array(0..<set.originals) + set.exactRows + altered
    let shuffled = KeyedPermutation(count: rows.count, seed: 7, pass: 0)
    let order = rows.indices.map { rows[shuffled[$0]] }
    var found: [DuplicateRows.Duplicate] = []
    let time = try ContinuousClock().measure {
      found = try DuplicateRows.find(in: order.map { contents[$0] }, within: distance)
    }
    // What is left of every picture once the copies are gone.
    var kept = Array(0..<set.count)
    for duplicate in found { kept[order[duplicate.row]] = order[duplicate.original] }
    let isFound = { (copy: Int) in kept[copy] == kept[set.original(of: copy)] }
    let exact = set.exactRows.count(where: isFound), near = altered.count(where: isFound)
    let wrong = found.count {
      set.original(of: order[$0.row]) != set.original(of: order[$0.original])
    }
    let silent = order.count { !contents[$0].perceptualHash.carriesInformation }
    return #""pictures": \#(rows.count), "planted": \#(planted), "#
      + #""found_exact": \#(share(exact, planted)), "found_altered": \#(share(near, planted)), "#
      + #""flagged_unplanted": \#(share(wrong, set.originals - 2 * planted)), "#
      + #""without_fingerprint": \#(share(silent, rows.count)), "#
      + #""search_seconds": \#(rounded(time / .seconds(1))), "#
  }

  /// What the loader notes about every picture while it decodes for a network.
  private func note(_ set: PlantedImages) throws -> [ImageContents] {
    let loader = try BatchLoader(
      dataset: set, order: SequentialOrder(), positions: 0..<set.count, batchSize: 64,
      preset: .evaluation(Self.preset), seed: 0,
      workers: ProcessInfo.processInfo.activeProcessorCount, notesContents: true,
      onUnreadable: .mark, badSamples: BadSamples(of: set, limit: .none))
    defer { loader.stop() }
    var contents: [ImageContents] = []
    while let batch = try loader.next() {
      contents += batch.contents
      if contents.count % 6400 == 0 { tell("\(name): \(contents.count) of \(set.count)") }
    }
    return contents
  }

  /// Microseconds a picture on one thread: without noting, and what noting adds, each from the
  /// fastest of nine turns.
  private func costs(_ set: PlantedImages) throws -> (decode: Double, noting: Double) {
    let images = try (0..<min(set.originals, 200)).map { try set.read(at: $0) }
    let hashes = images.map { ContentHash(of: $0) }
    let decoder = try ImageDecoder()
    let random = CounterRandom(seed: 0, pass: 0, sample: 0)
    var out = [UInt8](repeating: 0, count: Self.preset.crop * Self.preset.crop * 3)
    let clock = ContinuousClock()
    var plain = Double.infinity, noting = Double.infinity
    try out.withUnsafeMutableBytes { out in
      for _ in 0..<9 {
        let without = try clock.measure {
          for image in images {
            try decoder.render(
              image, preset: .evaluation(Self.preset), random: random, key: "one", into: out)
          }
        }
        let with = try clock.measure {
          for (image, hash) in zip(images, hashes) {
            _ = try decoder.renderNoting(
              image, hash: hash, preset: Self.preset, key: "one", into: out)
          }
        }
        let scale = 1e6 / Double(images.count)
        plain = min(plain, without / .seconds(1) * scale)
        noting = min(noting, with / .seconds(1) * scale)
      }
    }
    return (plain, noting - plain)
  }

  private static let preset = EvaluationPreset(resize: 256, crop: 224)

  private func share(_ part: Int, _ whole: Int) -> String {
    String(format: "%.5f", Double(part) / Double(max(1, whole)))
  }

  private func rounded(_ value: Double) -> String { String(format: "%.2f", value) }

  private func tell(_ line: String) {
    FileHandle.standardError.write(Data("bench: \(line)\n".utf8))
  }
}
