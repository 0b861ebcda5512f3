import Copies
import Foundation
import ImageData

/// A picture in a tar archive and what stands beside it.
struct WebDatasetSample {
  /// The members' common name up to the first dot of its last part.
  let stem: [UInt8]
  /// What the sample is called: the stem, or where an earlier sample of the shard has it, `stem#2`.
  var key: [UInt8]
  /// Where the picture's bytes are in the (inflated) archive.
  var offset = 0
  var length = 0
  var metadata = SampleMetadata()
  /// The picture's hash, where hashes are wanted.
  var hash: ContentHash?
  /// The picture's width and height, where hashes are wanted and its header tells.
  var size: ImageSize?

  init(stem: [UInt8]) {
    self.stem = stem
    key = stem
  }
}

/// The samples of a tar archive as WebDataset lays them out: consecutive members of one stem.
///
/// The stem ends at the first dot of the last part of a name: `a/b.left.jpg` is the picture
/// `left.jpg` of the sample `a/b`. A sample has one picture; whatever else its members are that is
/// neither `.cls`, `.json` nor `.txt` means nothing here, and is counted by its ending. Members of one stem that are not next to each
/// other are two samples, as in WebDataset; the later one's key is another (`UniqueKeys`).
struct WebDatasetSamples {
  private let reader: TarReader
  private let hashesContents: Bool
  private let found: (WebDatasetSample) throws -> Void
  private let missed: (_ name: [UInt8], _ reason: String) -> Void
  private var sample: WebDatasetSample?
  private var hasImage = false
  private var imageIsLast = false
  /// The sample's first picture of a kind that is not read.
  private var unread: [UInt8]?
  /// Whether the sample has members that are counted by their endings.
  private var hasOthers = false
  private var others = PassedOver()
  private var keys = UniqueKeys()

  /// Why a picture of such a kind is passed over.
  static let unreadKind = "pictures of its kind are not read; convert it to JPEG"

  /// Files of more bytes are no pictures.
  static let mostImageBytes = 128 << 20

  /// What stands at the end of an archive.
  struct Ending {
    /// Why not all of it is read, if so.
    var early: Early?
    /// The members that are neither pictures nor what stands beside them.
    var others = PassedOver()
  }

  /// Why an archive is not read to its end.
  struct Early {
    let reason: String
    /// Where its bytes end before it does, unless there are more that are not read.
    var end: EarlyEnd?
    /// Whether the archive ends there, rather than the compressed bytes.
    var isOfArchive = true
  }

  /// Reads all samples of `reader`.
  /// - Parameters:
  ///   - reader: The archive.
  ///   - hashesContents: Whether to hash the pictures and note their sizes, which reads them.
  ///   - found: What to do with each sample.
  ///   - missed: What to do about what is passed over.
  /// - Returns: Whether the archive ends before its end, and what else is in it.
  /// - Throws: `StreamFailure`, and what `found` throws.
  static func read(
    _ reader: TarReader, hashesContents: Bool = false,
    found: @escaping (WebDatasetSample) throws -> Void,
    missed: @escaping (_ name: [UInt8], _ reason: String) -> Void
  ) throws -> Ending {
    var samples = WebDatasetSamples(
      reader: reader, hashesContents: hashesContents, found: found, missed: missed)
    return try samples.readAll()
  }

  private init(
    reader: TarReader, hashesContents: Bool,
    found: @escaping (WebDatasetSample) throws -> Void,
    missed: @escaping (_ name: [UInt8], _ reason: String) -> Void
  ) {
    self.reader = reader
    self.hashesContents = hashesContents
    self.found = found
    self.missed = missed
  }

  private mutating func readAll() throws -> Ending {
    var ending = Ending()
    do {
      while let event = try reader.next() {
        switch event {
        case .member(let member): try take(member)
        case .problem(let problem):
          if problem.cutsLastMember, imageIsLast {
            // Its sample ends with it: the archive does.
            sample = nil
            hasImage = false
          }
          if case .none(let end) = problem.rest {
            ending.early = Early(reason: problem.reason, end: end)
            continue
          }
          if problem.rest == .unread { ending.early = Early(reason: problem.reason) }
          missed(problem.name, "\(problem.reason) (at byte \(problem.offset))")
        }
      }
    } catch let failure as StreamFailure where failure.kind == .damaged {
      // The decompressor got no further, perhaps in the middle of the last picture.
      if imageIsLast {
        sample = nil
        hasImage = false
      }
      ending.early = Early(reason: failure.reason, end: failure.end, isOfArchive: false)
      if failure.end == nil { missed([], failure.reason) }
    }
    try close()
    ending.others = others
    return ending
  }

  /// What a member's name has before the first dot of its last part; nil where nothing or no dot is.
  static func stem(of name: [UInt8]) -> ArraySlice<UInt8>? {
    let base = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    guard let dot = name[base...].firstIndex(of: UInt8(ascii: ".")), dot > base else { return nil }
    return name[..<dot]
  }

  private mutating func take(_ member: TarReader.Member) throws {
    let name = member.name
    let base = name.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0
    let isImage = ImageNames.isImage(name)
    if let folder = ImageNames.systemFolder(on: name) {
      if isImage { missed(name, "it lies in \(folder), which a system keeps for itself") }
      imageIsLast = false
      return
    }
    guard let stem = Self.stem(of: name) else {
      // Without an ending, or hidden: no part of any sample.
      if isImage {
        missed(name, "its name begins with a dot")
      } else {
        count(name[base...])
      }
      imageIsLast = false
      return
    }
    if sample?.stem.elementsEqual(stem) != true {
      try close()
      sample = WebDatasetSample(stem: Array(stem))
    }
    imageIsLast = false
    if isImage { return try takeImage(member) }
    if unread == nil, ImageNames.isUnread(name) {
      unread = name
      return
    }
    let ending = String(decoding: name[stem.endIndex...].suffix(5), as: UTF8.self).lowercased()
    if ending.hasSuffix(".cls") {
      if let bytes = try contents(of: member) { sample?.metadata.take(cls: bytes) }
    } else if ending.hasSuffix(".txt") {
      if let bytes = try contents(of: member) { sample?.metadata.take(text: bytes) }
    } else if ending.hasSuffix(".json") {
      guard let bytes = try contents(of: member) else { return }
      if sample?.metadata.take(json: bytes) == false { missed(name, "it is not a JSON object") }
    } else {
      hasOthers = true
      count(name[base...])
    }
  }

  /// Counts a member, called `name` in its folder, that is neither a picture nor read beside one.
  private mutating func count(_ name: ArraySlice<UInt8>) {
    if ImageNames.isSystems(name) {
      others.add(system: name, isFolder: false)
    } else {
      others.add(file: name)
    }
  }

  private mutating func takeImage(_ member: TarReader.Member) throws {
    guard !hasImage else {
      return missed(member.name, "its sample has a picture already; the first one is taken")
    }
    guard member.length <= Self.mostImageBytes else {
      return missed(member.name, "\(member.length) bytes are more than a picture has")
    }
    sample?.offset = member.offset
    sample?.length = member.length
    hasImage = true
    imageIsLast = true
    guard hashesContents else { return }
    let bytes = try reader.contents(most: member.length)
    guard bytes.count == member.length else { return }
    let picture = Data(bytes)
    sample?.hash = ContentHash(of: picture)
    sample?.size = ImageSize(of: picture)
  }

  private func contents(of member: TarReader.Member) throws -> [UInt8]? {
    guard member.length <= SampleMetadata.mostBytes else {
      missed(
        member.name,
        "\(member.length) bytes, but at most \(SampleMetadata.mostBytes) of metadata are read")
      return nil
    }
    let bytes = try reader.contents(most: member.length)
    return bytes.count == member.length ? bytes : nil
  }

  private mutating func close() throws {
    defer {
      sample = nil
      hasImage = false
      unread = nil
      hasOthers = false
    }
    guard var sample else { return }
    guard hasImage else {
      if let unread { return missed(unread, Self.unreadKind) }
      return hasOthers ? () : missed(sample.stem, "its sample has no picture")
    }
    // Another form of the picture that is read.
    if let unread { count(unread[...]) }
    sample.key = keys.key(for: sample.stem)
    try found(sample)
  }
}
