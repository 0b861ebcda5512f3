import Foundation

@testable import ImageData
@testable import Shards

/// Tar archives, plain or compressed: read as a file and as a stream, which must find the same, or as far
/// as it comes where it does not know its length, then indexed, and the pictures read by the index. The checksums of blocks that say they are headers are
/// made right first.
func fuzzTar(_ input: Data) {
  let data = mended([UInt8](input))
  withFolder(removing: ["s.tar", "s.index"]) {
    write(data, to: "s.tar")
    let location = ShardLocation(kind: .file, text: "s.tar")
    guard let source = try? ShardSource(location) else { return }
    let found = samples(of: source.stream)
    source.stream.close()
    if !source.isReadInOrder {
      let streamed = samples(of: BytesStream(data, knowsSize: true))
      precondition(found == streamed, "a file gives \(found), a stream \(streamed)")
      // Data that reach beyond the end take what follows with them, also labels and tags.
      let endless = samples(of: BytesStream(data, knowsSize: false))
      precondition(
        endless.count <= found.count
          && zip(endless, found).allSatisfy { $0.stem == $1.stem && $0.offset == $1.offset },
        "a file gives \(found), a stream without an end \(endless)")
    }
    readByIndex(data, location, found)
  }
}

private func mended(_ bytes: [UInt8]) -> Data {
  var bytes = bytes
  for start in stride(from: 0, through: bytes.count - 512, by: 512)
  where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
    bytes.replaceSubrange(start + 148..<start + 156, with: repeatElement(32, count: 8))
    let octal = String(bytes[start..<start + 512].reduce(0) { $0 + Int($1) }, radix: 8)
    let field = String(repeating: "0", count: 6 - octal.count) + octal + "\0"
    bytes.replaceSubrange(start + 148..<start + 155, with: Array(field.utf8))
  }
  return Data(bytes)
}

/// A sample as far as it can be compared.
private struct FoundSample: Equatable {
  var stem: [UInt8]
  var offset: Int
  var length: Int
  var label: String?
  var tags: [String]
}

private func samples(of stream: any ByteStream) -> [FoundSample] {
  let found = FoundSamples()
  _ = try? WebDatasetSamples.read(
    TarReader(stream), hashesContents: false,
    found: { sample in
      let parts = sample.stem.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
      precondition(
        sample.stem.first != UInt8(ascii: "/") && !sample.stem.contains(0)
          && !parts.dropLast().contains { $0.elementsEqual("..".utf8) },
        "\(String(decoding: sample.stem, as: UTF8.self)) leads out of the archive")
      found.samples.append(
        FoundSample(
          stem: sample.key, offset: sample.offset, length: sample.length,
          label: sample.metadata.label, tags: sample.metadata.tags))
    }, missed: { _, _ in })
  return found.samples
}

private final class FoundSamples {
  var samples: [FoundSample] = []
}

private func readByIndex(_ data: Data, _ location: ShardLocation, _ found: [FoundSample]) {
  var options = IndexOptions(workers: 1)
  options.hashesContents = true
  guard let plan = try? IndexPlan("s.tar", split: nil, shardSize: 1) else { return }
  let indexing = ShardIndexing(plan: plan, folder: ".", options: options)
  guard (try? indexing.index(plan.shards[0])) != nil,
    let index = try? ShardIndex(path: "./s.index"), let file = try? ShardFile("s.tar")
  else { return }
  precondition(index.count == found.count, "\(index.count) samples, not \(found.count)")
  let sequence = SequentialShard(
    name: "s", location: location, index: index, patience: FetchedStream.Patience())
  for number in 0..<min(index.count, 4) {
    guard let place = try? index.place(at: number), let tags = try? index.tags(at: number),
      let key = try? index.key(at: number)
    else { fatalError("an index that was just written cannot be read") }
    precondition(key.elementsEqual(found[number].stem) && tags.count <= found[number].tags.count)
    let inOrder = try? sequence.read(number, key: "fuzz")
    guard !index.isReadInOrder else { continue }
    let read = try? file.read(place.length, at: place.offset, key: "fuzz")
    let expected = data.dropFirst(place.offset).prefix(place.length)
    precondition(read == (expected.isEmpty ? nil : expected), "sample \(number) has other bytes")
    precondition(inOrder == nil || inOrder == read)
  }
}

/// Bytes in memory as a stream of odd pieces.
private final class BytesStream: ByteStream {
  private var rest: Data

  let byteCount: Int?

  init(_ data: Data, knowsSize: Bool) {
    rest = data
    byteCount = knowsSize ? data.count : nil
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    let piece = rest.prefix(min(room.count, 700))
    room.copyBytes(from: piece)
    rest = rest.dropFirst(piece.count)
    return piece.count
  }

  func close() {}
}
