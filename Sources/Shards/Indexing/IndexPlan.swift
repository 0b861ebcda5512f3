import Files
import Foundation
import ImageData
import SystemPackage

/// The shards that an index is to have, and for each how to find out what is in it.
struct IndexPlan {
  /// One shard to index.
  struct Shard {
    let name: String
    /// What its samples' keys begin with; empty where keys are paths.
    let prefix: String
    let location: ShardLocation
    /// The part of `pictures` that it is; empty for an archive.
    var range = 0..<0
  }

  /// What the collection is called.
  let name: String
  let shards: [Shard]
  /// The keys of single pictures, where U is no archives.
  let pictures: PathTable
  /// The list that has their hashtags, where U is one.
  private let list: (any ImageDataset)?
  /// What lies among single pictures and is none.
  let passedOver: PassedOver
  /// Names for labels that are numbers, where a file beside the shards gives them.
  let classNames: [String]

  /// Plans the index of `text`.
  /// - Throws: `ImageDataError`.
  init(_ text: String, split: String?, shardSize: Int) throws {
    let root = text.hasSuffix("/**") ? String(text.dropLast(3)) : text
    guard !Catalogue.isIndex(folder: root) else {
      throw ImageDataError.dataset(path: root, reason: "it is an index already")
    }
    if let locations = try ShardList.shards(of: text) {
      guard split == nil else {
        throw ImageDataError.argument("\(text) names shards, which have no split \(split ?? "")")
      }
      let names = ShardNames(locations)
      shards = locations.indices.map {
        Shard(name: names.names[$0], prefix: names.stems[$0], location: locations[$0])
      }
      pictures = PathTable()
      list = nil
      passedOver = PassedOver()
      name = text
      classNames = Self.classNames(beside: locations.first)
      return
    }
    name = FilePath(text: root).name
    classNames = []
    let location: ShardLocation
    (location, pictures, list, passedOver) = try Self.pictures(in: root, split: split)
    let count = pictures.count
    let size = max(1, shardSize)
    let table = pictures
    shards = (0..<(count + size - 1) / size).map { number in
      let digits = String(number)
      return Shard(
        name: Format.padded(digits, digits: 5), prefix: "",
        location: location, range: number * size..<min(table.count, (number + 1) * size))
    }
  }

  /// What stands beside a picture of `pictures`.
  func metadata(at number: Int) -> SampleMetadata {
    var metadata = SampleMetadata()
    if let list { metadata.take(tags: list.tags(at: number).map { $0[...] }) }
    return metadata
  }

  private static func pictures(
    in root: String, split: String?
  ) throws -> (ShardLocation, PathTable, (any ImageDataset)?, PassedOver) {
    let absolute = FilePath(text: root).absolute
    let isFolder = absolute.isFolder
    if isFolder, try absolute.names(where: IDXFiles.mayBeImages).isEmpty {
      let folder = (split.map { absolute.joined($0) } ?? absolute).text
      let listing = try FolderListing(root: folder)
      guard listing.paths.count > 0 else {
        throw ImageDataError.dataset(
          path: folder, reason: FolderDataset.noImages(listing.passedOver))
      }
      let location = ShardLocation(kind: .pictures, text: folder)
      return (location, listing.paths, nil, listing.passedOver)
    }
    let whole = ShardLocation(kind: .dataset, text: absolute.text, variable: split)
    if !isFolder, absolute.exists, ManifestDataset.isList(absolute.name) {
      let list = try ManifestDataset(path: root, split: split)
      let isParquet = ManifestDataset.isParquet(root)
      let beside = ShardLocation(kind: .pictures, text: absolute.folder.text)
      return (isParquet ? whole : beside, list.paths, list, PassedOver())
    }
    let dataset = try openDataset(root, split: split, unlabelled: true)
    var keys = PathTable()
    for index in 0..<dataset.count { keys.append([], PathText.bytes(of: dataset.key(at: index))) }
    return (whole, keys, dataset, dataset.passedOver)
  }

  private static func classNames(beside location: ShardLocation?) -> [String] {
    guard let location, location.kind == .file else { return [] }
    return ClassNames.names(in: FilePath(text: location.text).folder) ?? []
  }
}
