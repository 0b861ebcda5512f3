import Copies
import Files
import ImageData
import Recipes
import SystemPackage

/// The pictures that U must not hold, D's and the test pictures, and those for validation.
struct KnownImages {
  /// One of the sets.
  struct Part {
    let name: String
    let dataset: any ImageDataset
    let contents: [ImageContents]
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

  /// Those that cannot be read.
  let unreadable: UnreadableList
  private let parts: [Part]
  private var places: [ContentHash.Prefix: Int] = [:]
  private let near: NearDuplicateLookup?

  /// Knows the pictures of `parts`, the most precious first; with `alike` those that only look alike are
  /// found, too.
  init(
    _ parts: [Part], alike: Bool, unreadable: UnreadableList = UnreadableList([], heldOut: false)
  ) throws {
    self.parts = parts
    self.unreadable = unreadable
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

  /// The known picture that a picture of U or W shows; nil when it shows none.
  /// - Parameters:
  ///   - picture: What the picture shows.
  ///   - alike: Whether one that only looks alike counts.
  /// - Returns: The most precious one.
  func match(_ picture: ImageContents, alike: Bool) -> Match? {
    if let place = places[picture.contentHash] {
      let (set, key) = name(at: place)
      return Match(set: set, key: key, bits: nil)
    }
    guard alike, let match = near?.nearest(to: picture.telling.perceptualHash) else { return nil }
    let (set, key) = name(at: match.row)
    return Match(set: set, key: key, bits: match.distance)
  }

  /// Whether the pictures were looked at.
  var isLooked: Bool { !parts.isEmpty }

  /// What the pictures of `set` are, in its order.
  func contents(of set: String) -> [ImageContents] {
    parts.first { $0.name == set }?.contents ?? []
  }

  /// The set that has a picture with these bytes, if U is to go without it.
  func set(of content: ContentHash.Prefix) -> String? {
    places[content].map { name(at: $0).set }
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
          + Format.few(both.lazy.map { trained.dataset.key(at: $0) })
          + "; leave each in one of the two")
    }
  }
}

extension ImageContents {
  /// Below this shorter side pictures are compared by their bytes alone: of things of one kind in
  /// 28 × 28 pixels most look alike.
  private static let leastSide: UInt32 = 64

  /// What tells the picture from others.
  var telling: ImageContents {
    guard min(width, height) < Self.leastSide else { return self }
    var exact = self
    exact.perceptualHash = .none
    return exact
  }
}
