import Files
import Foundation

@testable import ImageData
@testable import Shards

/// A collection of one shard: its catalogue, its index and the shard. The checksums and what the index
/// says about the shard's size and age are made right first.
///
/// | bytes | what |
/// |---|---|
/// | 2 | bytes of the catalogue, little-endian |
/// | 2 | bytes of the index |
/// | | the catalogue, the index, the shard |
func fuzzIndex(_ data: Data) {
  let bytes = [UInt8](data)
  guard bytes.count >= 4 else { return }
  let catalogueEnd = min(4 + Int(bytes[0]) + Int(bytes[1]) << 8, bytes.count)
  let indexEnd = min(catalogueEnd + Int(bytes[2]) + Int(bytes[3]) << 8, bytes.count)
  withFolder(removing: ["catalogue.bin", "s.index", "s.tar"]) {
    write(bytes[indexEnd...], to: "s.tar")
    guard let state = try? ShardFile("s.tar").state else { return }
    let index = mended(index: Array(bytes[catalogueEnd..<indexEnd]), state)
    write(index, to: "s.index")
    write(mended(catalogue: Array(bytes[4..<catalogueEnd]), index, state), to: "catalogue.bin")
    if let alone = try? ShardIndex(path: "s.index") { readAll(of: alone) }
    if let collection = try? IndexedCollection(folder: ".") { readAll(of: collection) }
  }
}

private func readAll(of index: ShardIndex) {
  _ = try? index.verify()
  _ = try? index.problems()
  _ = try? index.notes()
  _ = try? index.classNames()
  for number in 0..<min(index.count, 8) {
    _ = try? index.place(at: number)
    _ = try? index.key(at: number)
    _ = try? index.tags(at: number)
    _ = try? index.label(at: number)
    _ = try? index.hash(at: number)
    _ = try? index.size(at: number)
  }
}

private func readAll(of collection: IndexedCollection) {
  _ = collection.cutShards?.line
  for shard in 0..<min(collection.shardCount, 4) {
    _ = collection.shardName(shard)
    _ = collection.problems(ofShard: shard)
    try? collection.verify(shard: shard)
    for sample in collection.range(ofShard: shard).prefix(8) {
      _ = collection.key(at: sample)
      _ = collection.tags(at: sample)
      _ = collection.contentHash(at: sample)
      _ = collection.imageSize(at: sample)
      _ = try? collection.read(at: sample)
      if let label = collection.label(at: sample) {
        precondition(collection.classes.indices.contains(label), "label \(label)")
      }
    }
  }
}

private func hash(_ bytes: ArraySlice<UInt8>) -> UInt64 {
  bytes.withUnsafeBytes { XXHash64.hash($0) }
}

private func mended(index: [UInt8], _ state: SourceState) -> [UInt8] {
  var index = index
  guard index.count >= 128 else { return index }
  put(Int64(state.size), in: &index, at: 40)
  put(Int64(state.changed), in: &index, at: 48)
  let blocks = Int(clamping: number(index, at: 96))
  if blocks < index.count / 8, 128 + 8 * blocks <= index.count {
    let start = 128 + 8 * blocks
    for block in 0..<blocks where start + block << 16 < index.count {
      let begin = start + block << 16
      put(hash(index[begin..<min(begin + 1 << 16, index.count)]), in: &index, at: 128 + 8 * block)
    }
    put(hash(index[128..<start]), in: &index, at: 104)
  }
  put(hash(index[..<120]), in: &index, at: 120)
  return index
}

private func mended(catalogue: [UInt8], _ index: [UInt8], _ state: SourceState) -> [UInt8] {
  var catalogue = catalogue
  guard catalogue.count >= 128 else { return catalogue }
  let rows = min(number(catalogue, at: 16), UInt64((catalogue.count - 128) / 96))
  for row in 0..<Int(rows) {
    let start = 128 + 96 * row
    put(Int64(state.size), in: &catalogue, at: start + 32)
    put(Int64(state.changed), in: &catalogue, at: start + 40)
    if index.count >= 128 { put(number(index, at: 104), in: &catalogue, at: start + 48) }
    // Always a file: nothing that an input says is to be run, fetched or listed.
    put(number(catalogue, at: start + 64) & 256, in: &catalogue, at: start + 64)
  }
  put(hash(catalogue[128...]), in: &catalogue, at: 96)
  put(hash(catalogue[..<120]), in: &catalogue, at: 120)
  return catalogue
}
