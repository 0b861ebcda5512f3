import Files
import Foundation
import ImageData
import Shards
import SystemPackage
import Terminal

/// Pictures that are named in any of the ways the program knows, opened one after the other as one data
/// set without labels.
struct ImageSources {
  /// All of them, in the order in which they are named.
  let dataset: any ImageDataset
  private let parts: [any ImageDataset]

  /// Opens the inputs of `request`; shards that have no index get one where `indexing` says.
  /// - Throws: `ImageDataError`, `PipelineError`, `Stopped`.
  init(_ request: PredictionRequest, _ indexing: Indexing) throws {
    var parts: [any ImageDataset] = []
    var files: [String] = []
    func closeFiles() throws {
      guard !files.isEmpty else { return }
      let pictures = try ImageFiles(
        expanding: files, shouldStop: { StopSignal.number != nil },
        waiting: {
          request.note("\($0) is a pipe from which nothing has come yet; waiting for its picture")
        })
      if let line = pictures.passedOver.line(in: "the folders") { request.note(line) }
      parts.append(pictures)
      files = []
    }
    for (number, input) in request.inputs.enumerated() {
      guard let part = try Self.open(input, number, request, indexing) else {
        files.append(input == "-" ? StandardInput.name : input)
        continue
      }
      try closeFiles()
      if let line = part.passedOver.line(in: input) { request.note(line) }
      parts.append(part)
    }
    try closeFiles()
    self.parts = parts
    dataset = parts.count == 1 ? parts[0] : JoinedDataset(parts, name: "the pictures given")
  }

  /// What the pictures are, in one word: their keys and a few of their contents, or what the index of
  /// shards says.
  var identity: String {
    let words = parts.map { part in
      (part as? IndexedCollection)?.identity
        ?? EvenShards(part, shardSize: max(1, part.count)).identity(ofShard: 0)
    }
    return Checksum.sha256(Data(words.joined(separator: "\n").utf8))
  }

  /// The data set that `input` names; nil where it is a picture or a folder of pictures.
  private static func open(
    _ input: String, _ number: Int, _ request: PredictionRequest, _ indexing: Indexing
  ) throws -> (any ImageDataset)? {
    if input == "-" { return try StandardInput.pictures(request) }
    let place = FilePath(text: input)
    let isThere = place.exists
    if !place.isFolder, ImageNames.isImage(Array(place.name.utf8)) { return nil }
    if isTextList(input), !isThere || place.isFile {
      if isThere, try listsImages(input) { return try ManifestDataset(lines: input) }
      return try shards(input, number, request, indexing)
    }
    if namesShards(input) { return try shards(input, number, request, indexing) }
    if place.isFolder {
      let hasIDX = try !place.names(where: IDXFiles.mayBeImages).isEmpty
      guard hasIDX || request.split != nil else { return nil }
    } else {
      let name = place.name
      guard ManifestDataset.isList(name) || IDXDataset.isImages(name) else { return nil }
    }
    return try openDataset(input, split: request.split, unlabelled: true)
  }

  private static func shards(
    _ input: String, _ number: Int, _ request: PredictionRequest, _ indexing: Indexing
  ) throws -> any ImageDataset {
    let commands = request.allowsCommands ? .all : CommandPermission(namedIn: input)
    var own = indexing
    own.folder += "/\(number)"
    let collection =
      IndexedCollection.exists(in: input)
      ? try own.open(input, commands: commands)
      : try own.collection(of: input, as: "unlabelled", commands: commands)
    if let line = collection.cutShards?.line { request.note(line) }
    return collection
  }
}
