import Files
import Foundation
import ImageData
import SystemPackage

/// The pictures that U must not hold, D's and the test pictures, and those for validation.
///
/// What they are is noted once and kept in the run's folder `known`, since D may be a million files.
struct KnownPictures {
  /// One of the sets.
  private struct Part {
    let name: String
    let dataset: any ImageDataset
    let contents: [PictureContents]
    /// Whether U is to go without them.
    let isLeftOut: Bool
  }

  /// A known picture that another one shows.
  struct Match {
    let set: String
    let key: String
    /// In how many bits they look different; nil when the bytes are the same.
    let bits: Int?

    /// The same in words.
    var reason: String {
      guard let bits else { return "is the \(set) picture \(key)" }
      return "looks like the \(set) picture \(key) (\(bits) bits differ)"
    }
  }

  private let parts: [Part]
  private var places: [ContentHash.Prefix: Int] = [:]
  private let near: NearDuplicateLookup?

  /// Notes what the pictures of a run's sets are, or reads what was noted before.
  /// - Parameters:
  ///   - data: The pictures; nil knows none.
  ///   - alike: Whether pictures that only look alike are to be found, too.
  ///   - folder: Where what they are is kept; nil keeps it nowhere.
  ///   - trusting: Whether what is kept is taken as it is, also of a set that is soon read again.
  ///   - maxPixels: Pictures of more pixels count as unreadable.
  ///   - workers: How many threads read pictures.
  /// - Throws: `PipelineError.stopped`, `FileError`.
  init(
    _ data: RunData?, alike: Bool, keptIn folder: String?, trusting: Bool = false, maxPixels: Int,
    workers: Int
  ) throws {
    parts = try (data?.knownSets ?? []).map { name, dataset, isLeftOut in
      let noting = NotedContents(
        dataset: dataset, alike: alike, trusting: trusting, maxPixels: maxPixels, workers: workers)
      return Part(
        name: name, dataset: dataset,
        contents: try noting.contents(keptAs: folder.map { "\($0)/\(name)" }),
        isLeftOut: isLeftOut)
    }
    // What U may hold stands here without its marks, so that places stay those of `name(at:)`.
    let all = parts.flatMap { part in
      part.contents.map { part.isLeftOut ? $0.telling : .unreadable }
    }
    for (place, contents) in all.enumerated() where contents.isReadable {
      // Of a picture in several sets the first counts: test before labelled.
      if places[contents.contentHash] == nil { places[contents.contentHash] = place }
    }
    near = alike ? try NearDuplicateLookup(all.map(\.perceptualHash)) : nil
  }

  /// The known picture that a picture of U shows; nil when it shows none.
  func match(_ picture: PictureContents) -> Match? {
    if let place = places[picture.contentHash] {
      let (set, key) = name(at: place)
      return Match(set: set, key: key, bits: nil)
    }
    guard let match = near?.nearest(to: picture.telling.perceptualHash) else { return nil }
    let (set, key) = name(at: match.row)
    return Match(set: set, key: key, bits: match.distance)
  }

  /// Whether a picture with these bytes is in `set`.
  func holds(_ content: ContentHash.Prefix, in set: String) -> Bool {
    places[content].map { name(at: $0).set == set } ?? false
  }

  private func name(at place: Int) -> (set: String, key: String) {
    var rest = place
    for part in parts {
      if rest < part.contents.count { return (part.name, part.dataset.key(at: rest)) }
      rest -= part.contents.count
    }
    return ("known", "\(place)")
  }

  /// - Throws: `PipelineError.data` with the names when a picture of the set `measured` is also in the
  ///   set `trained`.
  func refuse(_ measured: String, among trained: String) throws {
    guard let measured = parts.first(where: { $0.name == measured }),
      let trained = parts.first(where: { $0.name == trained })
    else { return }
    let content = Set(measured.contents.filter(\.isReadable).map(\.contentHash))
    let both = trained.contents.indices.filter {
      trained.contents[$0].isReadable && content.contains(trained.contents[$0].contentHash)
    }
    guard both.isEmpty else {
      throw PipelineError.data(
        "\(Format.counted(both.count, "\(measured.name) picture is", "\(measured.name) pictures are")) "
          + "also in the \(trained.name) set: "
          + both.prefix(5).map { trained.dataset.key(at: $0) }.joined(separator: ", ")
          + (both.count > 5 ? ", …" : "") + "; remove them from one of the two")
    }
  }
}

/// What the pictures of one set are.
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

  /// What the file beside the contents says they are of.
  private struct Origin: Codable, Equatable {
    let fingerprint: String
    let alike: Bool
    let maxPixels: Int
  }

  /// Reads them from `path`.contents, or notes them and keeps them there.
  func contents(keptAs path: String?) throws -> [PictureContents] {
    guard let path else { return try note() }
    let origin = Origin(
      fingerprint: RunData.fingerprint(of: dataset), alike: alike, maxPixels: maxPixels)
    if trusting || dataset.count > Self.large,
      let data = try? FilePath(text: "\(path).json").contents(),
      (try? JSONDecoder().decode(Origin.self, from: data)) == origin,
      let file = try? ContentsFileReader(path: "\(path).contents"), file.count == dataset.count
    {
      var contents: [PictureContents] = []
      if (try? file.forEach({ contents.append($1) })) != nil { return contents }
    }
    let contents = try note()
    try RunDirectory.makeFolder(FilePath(text: path).folder.text)
    let file = try ContentsFileWriter(path: "\(path).contents")
    for picture in contents { try file.append(picture) }
    try file.finish()
    try DurableFile.write(try JSON.pretty(origin), to: "\(path).json")
    return contents
  }

  private func note() throws -> [PictureContents] {
    guard alike else {
      return try contentHashes(of: dataset, workers: workers).map { hash in
        hash.map {
          PictureContents(contentHash: $0.prefix, perceptualHash: .none, width: 1, height: 1)
        } ?? .unreadable
      }
    }
    let size = 32
    let loader = try BatchLoader(
      dataset: dataset, order: SequentialOrder(), positions: 0..<dataset.count, batchSize: 64,
      preset: .evaluation(EvaluationPreset(resize: size, crop: size, channels: 3)), seed: 0,
      workers: workers, notesContents: true, onUnreadable: .mark, maxPixels: maxPixels,
      badSamples: BadSamples(of: dataset, limit: .none, seesEachOnce: true))
    defer { loader.stop() }
    var contents: [PictureContents] = []
    while let batch = try loader.next() {
      try StopSignal.check()
      contents += batch.contents
    }
    return contents
  }
}

extension PictureContents {
  /// Below this shorter side pictures are compared by their bytes alone: of things of one kind in
  /// 28 × 28 pixels most look alike.
  private static let leastSide: UInt32 = 64

  /// What tells the picture from others.
  var telling: PictureContents {
    guard min(width, height) < Self.leastSide else { return self }
    var exact = self
    exact.perceptualHash = .none
    return exact
  }
}
