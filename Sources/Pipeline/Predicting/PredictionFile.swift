import Files
import Foundation
import ImageData
import SystemPackage
import Training

/// The file that predictions are written to, picture after picture; a prediction that was stopped goes on
/// where it was.
///
/// Until all pictures are done their rows stand in a folder beside it, `FILE.partial`, with a note of how
/// many they are and what they depend on; then the file is there at once and as a whole.
final class PredictionFile {
  /// What stands beside the rows.
  private struct State: Codable {
    /// What the rows depend on, by what people call it.
    var origin: [String: String] = [:]
    var pictures = 0
    var bytes = 0
    var unreadable = 0
    var firstUnreadable: [BadSamples.Entry] = []
  }

  private let path: String
  /// Where rows and indexes are until the file is finished.
  let folder: String
  private let isReplacing: Bool
  private let wasThere: Bool
  private let lock: RunLock
  private var state = State()
  private var rows: AppendedFile?
  private var sinceSaved = Stopwatch()
  private static let secondsBetweenSaves = 5.0

  /// How many pictures are done.
  var pictures: Int { state.pictures }
  /// How many of them could not be read.
  var unreadable: Int { state.unreadable }
  /// The first of those.
  var firstUnreadable: [BadSamples.Entry] { state.firstUnreadable }

  /// Claims the file at `path`, which may be there already only where `isReplacing`.
  /// - Throws: `PipelineError`, `FileError`.
  init(path: String, isReplacing: Bool) throws {
    let place = FilePath(text: path)
    guard !place.isFolder else { throw PipelineError.usage("\(path) is a folder; name a file") }
    guard place.folder.isFolder else {
      throw PipelineError.usage(
        "there is no folder \(place.folder.text) to write \(path) to; make it first")
    }
    self.path = path
    self.isReplacing = isReplacing
    folder = "\(place.text).partial"
    wasThere = FilePath(text: folder).exists
    guard isReplacing || !place.exists else {
      throw PipelineError.usage("\(path) exists; --force replaces it, --out names another")
    }
    try FilePath(text: folder).makeFolder()
    lock = try RunLock(path: "\(folder)/.lock", of: path, advice: "give --out another file")
  }

  private var rowsPath: String { "\(folder)/rows" }
  private var statePath: String { "\(folder)/state.json" }

  /// Takes away what was made before any picture was asked about, where that failed.
  func withdraw() {
    guard !wasThere, rows == nil else { return }
    try? FilePath(text: folder).remove()
  }

  /// Goes on with the rows that are there, or begins them with `header`.
  /// - Throws: `PipelineError.usage` where they depend on something else than `origin`, unless they may
  ///   be replaced.
  func begin(_ origin: [String: String], header: [UInt8]) throws {
    // Without rows they have become the file already.
    if FilePath(text: rowsPath).exists, let earlier = try JSON.read(State.self, at: statePath) {
      let names = Set(origin.keys).union(earlier.origin.keys)
      let differing = names.filter { origin[$0] != earlier.origin[$0] }.sorted()
      if differing.isEmpty {
        rows = try AppendedFile(path: rowsPath, trimmedTo: earlier.bytes)
        state = earlier
        return
      }
      guard isReplacing else {
        throw PipelineError.usage(
          "\(folder) holds \(Format.counted(earlier.pictures, "picture", "pictures")) of a prediction "
            + "that was made otherwise; what differs: \(differing.joined(separator: ", ")); repeat that "
            + "command to finish it, give --out another file, or --force to begin anew")
      }
    }
    state = State(origin: origin)
    rows = try AppendedFile(path: rowsPath, trimmedTo: 0)
    try append(header)
    try save()
  }

  private func append(_ bytes: [UInt8]) throws {
    try rows?.append(bytes)
    state.bytes += bytes.count
  }

  /// Appends the rows of `predictions`, and now and then saves how far it is.
  /// - Throws: `FileError`.
  func append(_ predictions: [Prediction], rows: [UInt8]) throws {
    try append(rows)
    state.pictures += predictions.count
    for prediction in predictions {
      guard let error = prediction.error else { continue }
      state.unreadable += 1
      if state.firstUnreadable.count < Evaluation.mostNamed {
        state.firstUnreadable.append(.init(key: prediction.path, reason: error))
      }
    }
    if sinceSaved.seconds > Self.secondsBetweenSaves { try save() }
  }

  /// Saves how far it is.
  /// - Throws: `FileError`.
  func save() throws {
    try rows?.flush()
    try DurableFile.write(JSON.pretty(state), to: statePath)
    sinceSaved = Stopwatch()
  }

  /// Makes the rows the file at its path and takes the folder beside it away.
  /// - Throws: `FileError`, `ParquetError`.
  func finish(_ table: PredictionTable) throws {
    try save()
    if table.format == .parquet {
      try table.writeParquet(of: rowsPath, to: path)
    } else {
      guard FilePath(text: rowsPath).rename(to: FilePath(text: path)) == 0 else {
        throw FileError("rename into", path, code: errno)
      }
      try DurableFile.flushFolder(of: path)
    }
    try FilePath(text: folder).remove()
  }
}
