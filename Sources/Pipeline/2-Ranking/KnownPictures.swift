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

  /// How many pictures of each set cannot be read, of the labelled one first.
  let unreadable: [UnreadablePictures]
  /// The file that names all of these; nil where there are none or nothing is kept.
  private let unreadablePath: String?
  private let unreadableList: UnreadableList
  private let parts: [Part]
  private var places: [ContentHash.Prefix: Int] = [:]
  private let near: NearDuplicateLookup?

  /// Notes what the pictures of a run's sets are, or reads what was noted before.
  /// - Parameters:
  ///   - data: The pictures; nil knows none but what was kept of the unreadable ones.
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
    var all: [UnreadableList.Part] = []
    parts = try (data?.knownSets ?? []).map { name, dataset, isLeftOut in
      let noting = NotedContents(
        dataset: dataset, alike: alike, trusting: trusting, maxPixels: maxPixels, workers: workers)
      let noted = try noting.contents(keptAs: folder.map { "\($0)/\(name)" })
      all.append((name, dataset, noted))
      return Part(
        name: name, dataset: dataset, contents: noted.contents, isLeftOut: isLeftOut)
    }
    let list = UnreadableList(all, heldOut: data?.isValidationHeldOut ?? false)
    unreadableList = list
    unreadable = data == nil ? folder.map(UnreadableList.sets(in:)) ?? [] : list.sets
    unreadablePath = try data == nil ? nil : folder.flatMap { try list.write(to: $0) }
    // What U may hold stands here without its marks, so that places stay those of `name(at:)`.
    let pictures = parts.flatMap { part in
      part.contents.map { part.isLeftOut ? $0.telling : .unreadable }
    }
    for (place, contents) in pictures.enumerated() where contents.isReadable {
      // Of a picture in several sets the first counts: test before labelled.
      if places[contents.contentHash] == nil { places[contents.contentHash] = place }
    }
    near = alike ? try NearDuplicateLookup(pictures.map(\.perceptualHash)) : nil
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

  /// Why the sets cannot be used, for they cannot be read: one line for each such set.
  func unreadableProblems(_ limit: BadSamples.Limit) -> [String] {
    unreadableList.problems(limit, list: unreadablePath)
  }

  /// What is said of sets with unreadable pictures that can be used.
  var unreadableLines: [String] { unreadableList.lines(list: unreadablePath) }

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
