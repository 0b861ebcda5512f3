import ImageData
import Shards

/// Pictures of a selection that were put together in tar files, in the order of its rows.
struct GatheredImages: ImageDataset {
  let name = "the selected pictures"
  let classes: [String] = []
  let count: Int
  private let gathered: IndexedCollection
  private let places: [Int32]
  private let keys: @Sendable (Int) -> String

  /// The rows are the members' names.
  init(
    _ gathered: IndexedCollection, count: Int, keys: @escaping @Sendable (Int) -> String
  ) throws {
    self.gathered = gathered
    self.count = count
    self.keys = keys
    var places = [Int32](repeating: -1, count: count)
    for index in 0..<gathered.count {
      guard let row = gathered.key(at: index).split(separator: "/").last.flatMap({ Int($0) }),
        places.indices.contains(row), places[row] < 0
      else {
        throw PipelineError.data(
          "\(gathered.folder): \(gathered.key(at: index)) is no picture of this selection, or is there "
            + "twice; move the folder elsewhere and run again")
      }
      places[row] = Int32(index)
    }
    self.places = places
  }

  func key(at index: Int) -> String { keys(index) }

  func label(at index: Int) -> Int? { nil }

  func read(at index: Int) throws -> EncodedImage {
    guard places[index] >= 0 else {
      throw ImageDataError.unreadable(
        key: key(at: index), reason: "it could not be read when the selection was put together")
    }
    return try gathered.read(at: Int(places[index]))
  }
}
