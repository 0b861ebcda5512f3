import Files
import Foundation

@testable import ImageData
@testable import Shards

/// What people write to say where pictures are and what they carry. The first letter of an input says
/// which reader the rest goes to.
func fuzzLists(_ data: Data) {
  let rest = data.dropFirst()
  switch data.first {
  case UInt8(ascii: "b"): fuzzPattern(String(decoding: rest, as: UTF8.self))
  case UInt8(ascii: "l"): fuzzShardList(rest)
  case UInt8(ascii: "c"): fuzzManifest(rest)
  case UInt8(ascii: "t"): fuzzTagMap(rest)
  case UInt8(ascii: "k"): fuzzKeyedTags(rest)
  case UInt8(ascii: "m"): fuzzMetadata([UInt8](rest))
  case UInt8(ascii: "i"): fuzzIDX(rest, name: "a-images-idx3-ubyte")
  case UInt8(ascii: "n"): fuzzNumPy(rest)
  case UInt8(ascii: "z"): fuzzIDX(rest, name: "a-images-idx3-ubyte.gz")
  default: break
  }
}

/// A table of numbers that another program wrote.
private func fuzzNumPy(_ data: Data) {
  withFolder(removing: ["a.npy"]) {
    write(data, to: "a.npy")
    guard let matrix = try? NumPyMatrix(path: "a.npy") else { return }
    var rows = 0
    try? matrix.forEachRow { row, values in
      precondition(row == rows && values.count == matrix.columnCount)
      rows += 1
    }
    precondition(rows == matrix.rowCount || matrix.columnCount == 0)
  }
}

private func fuzzPattern(_ text: String) {
  _ = namesShards(text)
  _ = defaultIndexFolder(of: text)
  for alternatives in [true, false] {
    guard
      let names = try? ShardPatterns.expandBraces(text, alternatives: alternatives, most: 1000)
    else { continue }
    precondition((1...1000).contains(names.count), "\(names.count) names")
    if !text.contains("{") { precondition(names == [text]) }
  }
}

/// Lists: commands and addresses in them are listed, never run or fetched.
private func fuzzShardList(_ data: Data) {
  // A wildcard could make the whole disk be walked.
  let list = data.map { "*?[".utf8.contains($0) ? UInt8(ascii: "_") : $0 }
  // A few characters stand for a million names, and are meant to; here they would only take time.
  for line in String(decoding: list, as: UTF8.self).split(whereSeparator: \.isNewline) {
    guard (try? ShardPatterns.expandBraces(String(line), most: 100)) != nil else { return }
  }
  withFolder(removing: ["l.txt"]) {
    write(list, to: "l.txt")
    guard let locations = try? ShardList.shards(of: "l.txt") else { return }
    precondition(Set(locations).count == locations.count)
    let names = ShardNames(locations)
    precondition(Set(names.stems).count == locations.count)
    precondition(Set(names.names.map { $0.lowercased() }).count == locations.count)
    for name in names.names {
      precondition(!name.isEmpty && !name.hasPrefix(".") && !name.contains("/"), name)
    }
  }
}

private func fuzzManifest(_ data: Data) {
  withFolder(removing: ["m.csv"]) {
    write(data, to: "m.csv")
    for split in [nil, "train"] {
      guard let dataset = try? ManifestDataset(path: "m.csv", split: split) else { continue }
      for index in 0..<min(dataset.count, 100) {
        _ = dataset.key(at: index)
        _ = dataset.tags(at: index)
        if let label = dataset.label(at: index) {
          precondition(dataset.classes.indices.contains(label), "label \(label)")
        }
      }
    }
  }
}

private func fuzzTagMap(_ data: Data) {
  withFolder(removing: ["t.csv"]) {
    write(data, to: "t.csv")
    guard let map = try? TagMap(contentsOf: "t.csv") else { return }
    _ = map.fingerprint
    for name in map.classes.prefix(10) {
      for place in map.classes(ofTag: name) { precondition(map.classes.contains(place)) }
    }
  }
}

/// Tags by the keys of eight pictures, "0" to "7".
private func fuzzKeyedTags(_ data: Data) {
  let pictures = ImagesInMemory(Array(repeating: .file(Data()), count: 8))
  withFolder(removing: ["k.csv"]) {
    write(data, to: "k.csv")
    guard let tagged = try? KeyedTags(pictures, tagsFrom: "k.csv") else { return }
    precondition(tagged.strayCount >= 0 && tagged.count == 8)
    for index in 0..<8 { precondition(tagged.tags(at: index).allSatisfy { !$0.isEmpty }) }
  }
}

private func fuzzMetadata(_ bytes: [UInt8]) {
  var metadata = SampleMetadata()
  metadata.take(cls: bytes)
  metadata.take(text: bytes)
  _ = metadata.take(json: bytes)
  precondition(metadata.tags.allSatisfy { !$0.isEmpty && !$0.contains("\n") })
}

private func fuzzIDX(_ data: Data, name: String) {
  withFolder(removing: [name]) {
    write(data, to: name)
    guard let dataset = try? IDXDataset(images: name) else { return }
    for index in [0, dataset.count - 1] {
      guard let image = try? dataset.read(at: index) else { fatalError("no picture \(index)") }
      precondition(image.bytes.count == dataset.width * dataset.height)
    }
  }
}
