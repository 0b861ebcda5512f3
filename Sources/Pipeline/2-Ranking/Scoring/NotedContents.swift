import Copies
import Files
import Foundation
import ImageData
import SystemPackage
import Terminal

/// What the pictures of one set are: noted once and kept in the run's folder `known`, since D may be a
/// million files.
struct NotedContents {
  let dataset: any ImageDataset
  /// Whether they are decoded, to know what they look like; else only their bytes are read.
  let alike: Bool
  /// Whether what was noted before is taken as it is. Otherwise only a large set's is: which files of
  /// a small one have changed since is soon found out.
  let trusting: Bool
  let maxPixels: Int
  let workers: Int
  private static let large = 20_000

  /// What the pictures are, and which of them cannot be read for which reason.
  struct Noted {
    var contents: [ImageContents]
    var unreadable: [BadSamples.Entry]

    /// The same of two parts of `dataset`.
    func divided(_ dataset: any ImageDataset, kept: [Int], held: [Int]) -> (
      kept: Noted, held: Noted
    ) {
      let keys = Set(held.filter { !contents[$0].isReadable }.map(dataset.key))
      return (
        Noted(
          contents: kept.map { contents[$0] },
          unreadable: unreadable.filter { !keys.contains($0.key) }),
        Noted(
          contents: held.map { contents[$0] },
          unreadable: unreadable.filter { keys.contains($0.key) })
      )
    }
  }

  /// What the file beside the contents says they are of.
  private struct Origin: Codable, Equatable {
    let fingerprint: String
    let alike: Bool
    let maxPixels: Int
    /// Whether pictures of another program version would be noted otherwise.
    let version: Int
  }

  /// What was noted before and kept as `path`.contents, if it may be taken as it is.
  func kept(as path: String) throws -> Noted? {
    guard trusting || dataset.count > Self.large,
      (try? JSON.read(Origin.self, at: "\(path).json")) == origin,
      let file = try? ContentsFileReader(path: "\(path).contents"), file.count == dataset.count
    else { return nil }
    var contents: [ImageContents] = []
    guard (try? file.forEach { contents.append($1) }) != nil else { return nil }
    return try lookedAtAgain(contents)
  }

  /// Keeps what was noted as `path`.contents.
  /// - Throws: `FileError`.
  func keep(_ contents: [ImageContents], as path: String) throws {
    try RunDirectory.makeFolder(FilePath(text: path).folder.text)
    let file = try ContentsFileWriter(path: "\(path).contents")
    for picture in contents { try file.append(picture) }
    try file.finish()
    try DurableFile.write(try JSON.pretty(origin), to: "\(path).json")
  }

  private var origin: Origin {
    Origin(
      fingerprint: RunData.fingerprint(of: dataset), alike: alike, maxPixels: maxPixels, version: 2)
  }

  /// What was noted before, but for pictures that could not be read then: they may be mended.
  private func lookedAtAgain(_ contents: [ImageContents]) throws -> Noted {
    let missing = contents.indices.filter { !contents[$0].isReadable }
    guard !missing.isEmpty else { return Noted(contents: contents, unreadable: []) }
    var noted = Noted(contents: contents, unreadable: [])
    let again = try decoded(IndexedSubset(dataset, indices: missing))
    for (index, picture) in zip(missing, again.contents) { noted.contents[index] = picture }
    noted.unreadable = again.unreadable
    return noted
  }

  /// Every picture is decoded where that is to be known or soon done; of large sets the bytes are
  /// read and their headers looked at, and pictures of each class are decoded until one can be.
  /// - Throws: `Stopped`.
  func note() throws -> Noted {
    guard alike || dataset.count <= Self.large else { return try headed() }
    return try decoded(dataset)
  }

  /// The pictures' bytes alone, whatever they are.
  func hashed() throws -> Noted {
    let contents = try contentHashes(of: dataset, workers: workers).map { hash in
      hash.map {
        ImageContents(contentHash: $0.prefix, perceptualHash: .none, width: 1, height: 1)
      } ?? .unreadable
    }
    return Noted(contents: contents, unreadable: [])
  }

  /// A quick look: 2,000 pictures spread over the set are decoded, and of each class, while none could be
  /// read yet, the others until one can be.
  /// - Returns: What could be read of those that were looked at, and the classes without any.
  func sampled() throws -> (looked: any ImageDataset, noted: Noted, lost: [String]) {
    let most = 2000
    let step = max(1, (dataset.count + most - 1) / most)
    let looked = try IndexedSubset(
      dataset, indices: Array(stride(from: 0, to: dataset.count, by: step)))
    let noted = try decoded(looked)
    var isRead = [Bool](repeating: false, count: dataset.classes.count)
    for index in 0..<looked.count where noted.contents[index].isReadable {
      if let label = looked.label(at: index) { isRead[label] = true }
    }
    let decoder = try ImageDecoder(maxPixels: maxPixels)
    for index in 0..<dataset.count where index % step != 0 {
      guard let label = dataset.label(at: index), !isRead[label] else { continue }
      try StopSignal.check()
      if (try? decoder.pixels(of: dataset.read(at: index), channels: 1)) != nil {
        isRead[label] = true
      }
    }
    return (looked, noted, zip(dataset.classes, isRead).filter { !$1 }.map(\.0))
  }

  private func decoded(_ dataset: any ImageDataset) throws -> Noted {
    let size = 32
    let badSamples = BadSamples(of: dataset, limit: .none, seesEachOnce: true)
    let loader = try BatchLoader(
      dataset: dataset, order: SequentialOrder(), positions: 0..<dataset.count, batchSize: 64,
      preset: .evaluation(EvaluationPreset(resize: size, crop: size, channels: 3)), seed: 0,
      workers: workers, notesContents: true, onUnreadable: .mark, maxPixels: maxPixels,
      badSamples: badSamples)
    defer { loader.stop() }
    var contents: [ImageContents] = []
    contents.reserveCapacity(dataset.count)
    while let batch = try loader.next() {
      try StopSignal.check()
      contents += alike ? batch.contents : batch.contents.map(\.byBytes)
    }
    return Noted(contents: contents, unreadable: badSamples.entries)
  }

  private func headed() throws -> Noted {
    let looked = try lookAtHeaders(of: dataset, maxPixels: maxPixels, workers: workers)
    var noted = Noted(contents: looked.map(\.contents), unreadable: [])
    var reasons = looked.map(\.reason)
    let decoder = try ImageDecoder(maxPixels: maxPixels)
    var isSeen = [Bool](repeating: false, count: dataset.classes.count)
    for index in 0..<dataset.count where reasons[index] == nil {
      guard let label = dataset.label(at: index), !isSeen[label] else { continue }
      try StopSignal.check()
      do {
        let key = dataset.key(at: index)
        _ = try decoder.pixels(of: dataset.read(at: index), channels: 1, key: key)
        isSeen[label] = true
      } catch ImageDataError.unreadable(_, let reason) {
        noted.contents[index] = .unreadable
        reasons[index] = reason
      }
    }
    for (index, reason) in reasons.enumerated() {
      guard let reason, noted.unreadable.count < BadSamples.mostNamed else { continue }
      noted.unreadable.append(.init(key: dataset.key(at: index), reason: reason))
    }
    return noted
  }
}

/// What the pictures' bytes and headers say, nothing of them decoded.
/// - Throws: `Stopped` when a signal asked to stop meanwhile.
private func lookAtHeaders(
  of dataset: any ImageDataset, maxPixels: Int, workers: Int
) throws -> [(contents: ImageContents, reason: String?)] {
  let count = dataset.count
  let parts = max(1, min(workers, count))
  let noted = try Threads.results(parts: parts, threads: workers) { part in
    try (count * part / parts..<count * (part + 1) / parts).map { index in
      try StopSignal.check()
      return look(at: index, of: dataset, maxPixels: maxPixels)
    }
  }
  return noted.flatMap { $0 }
}

private func look(
  at index: Int, of dataset: any ImageDataset, maxPixels: Int
) -> (contents: ImageContents, reason: String?) {
  do {
    let image = try dataset.read(at: index)
    if case .file(let data) = image {
      let header = try ImageHeader(of: data)
      guard header.width <= maxPixels / max(1, header.height) else {
        return (.unreadable, "more than \(maxPixels) pixels")
      }
    }
    return (
      ImageContents(
        contentHash: ContentHash(of: image).prefix, perceptualHash: .none, width: 1, height: 1), nil
    )
  } catch ImageDataError.unreadable(_, let reason) {
    return (.unreadable, reason)
  } catch {
    return (.unreadable, "\(error)")
  }
}

extension ImageContents {
  /// The same, to be told from others by its bytes alone.
  fileprivate var byBytes: ImageContents {
    var exact = self
    exact.perceptualHash = .none
    return exact
  }
}
