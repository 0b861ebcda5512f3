import Files
import Foundation
import ImageData
import SystemPackage

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

  /// What the file beside the contents says they are of.
  private struct Origin: Codable, Equatable {
    let fingerprint: String
    let alike: Bool
    let maxPixels: Int
  }

  /// What was noted before and kept as `path`.contents, if it may be taken as it is.
  func kept(as path: String) -> [PictureContents]? {
    guard trusting || dataset.count > Self.large,
      let data = try? FilePath(text: "\(path).json").contents(),
      (try? JSONDecoder().decode(Origin.self, from: data)) == origin,
      let file = try? ContentsFileReader(path: "\(path).contents"), file.count == dataset.count
    else { return nil }
    var contents: [PictureContents] = []
    return (try? file.forEach { contents.append($1) }) == nil ? nil : contents
  }

  /// Keeps what was noted as `path`.contents.
  /// - Throws: `FileError`.
  func keep(_ contents: [PictureContents], as path: String) throws {
    try RunDirectory.makeFolder(FilePath(text: path).folder.text)
    let file = try ContentsFileWriter(path: "\(path).contents")
    for picture in contents { try file.append(picture) }
    try file.finish()
    try DurableFile.write(try JSON.pretty(origin), to: "\(path).json")
  }

  private var origin: Origin {
    Origin(fingerprint: RunData.fingerprint(of: dataset), alike: alike, maxPixels: maxPixels)
  }

  /// Reads the pictures and notes what each is.
  /// - Throws: `PipelineError.stopped`.
  func note() throws -> [PictureContents] {
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
