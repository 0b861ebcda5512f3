import Copies
import Foundation
import TestSupport
import Testing

@testable import ImageData
@testable import Shards

@Suite("WebDatasetSamples")
struct WebDatasetSamplesTests {
  private func read(
    _ bytes: [UInt8], hashes: Bool = false, knowsSize: Bool = true
  ) throws -> (samples: [WebDatasetSample], problems: [String], ending: WebDatasetSamples.Ending) {
    var samples: [WebDatasetSample] = []
    var problems: [String] = []
    let reader = TarReader(BytesStream(bytes, knowsSize: knowsSize))
    let ending = try WebDatasetSamples.read(
      reader, hashesContents: hashes, found: { samples.append($0) },
      missed: { name, reason in
        problems.append("\(String(decoding: name, as: UTF8.self)): \(reason)")
      })
    return (samples, problems, ending)
  }

  private func stems(_ samples: [WebDatasetSample]) -> [String] {
    samples.map { String(decoding: $0.stem, as: UTF8.self) }
  }

  @Test("consecutive members of one stem are one sample; the stem ends at the first dot")
  func stems() throws {
    var tar = TarBuilder()
    tar.add("a.b/1.json", "{}")
    tar.add("a.b/1.left.JPG", "picture one")
    tar.add("a.b/1.cls", "7")
    tar.add("a.b/2.WebP", "two")
    tar.add("other/2.jpeg", "three")
    tar.add("other/2.txt", "no tags here")
    let result = try read(tar.finished, hashes: true)
    #expect(stems(result.samples) == ["a.b/1", "a.b/2", "other/2"])
    #expect(result.samples.map(\.length) == [11, 3, 5] && result.problems.isEmpty)
    #expect(result.samples[0].metadata.label == "7" && result.samples[1].metadata.label == nil)
    let first = result.samples[0]
    let picture = tar.finished[first.offset..<first.offset + first.length]
    #expect(Array(picture) == Array("picture one".utf8))
    #expect(first.hash == ContentHash(of: Data("picture one".utf8)))
  }

  @Test("a second picture, a sample without one and a hidden one are counted, not taken")
  func pictures() throws {
    var tar = TarBuilder()
    tar.add("1.jpg", "one")
    tar.add("1.png", "again")
    tar.add("2.json", "{}")
    tar.add(".hidden.jpg", "x")
    tar.add("README", "nothing")
    tar.add("3.jpg", "three")
    let result = try read(tar.finished)
    #expect(stems(result.samples) == ["1", "3"])
    #expect(
      result.problems == [
        "1.png: its sample has a picture already; the first one is taken",
        ".hidden.jpg: its name begins with a dot", "2: its sample has no picture",
      ])
    #expect(result.ending.others.files == ["": 1])
  }

  @Test("a picture of a kind that is not read is named, and so is one of a system's folder")
  func unread() throws {
    var tar = TarBuilder()
    tar.add("a/1.heic", "one")
    tar.add("a/1.json", "{}")
    tar.add("a/2.avif", "two")
    tar.add("a/2.jfif", "two, to be read")
    tar.add("a/@eaDir/2.jfif/SYNOPHOTO_THUMB_M.jpg", "thumbnail")
    tar.add("__MACOSX/a/._2.jfif", "shadow")
    tar.add("./a/3.tif", "three")
    tar.add("a/4.JPE", "four")
    let result = try read(tar.finished)
    #expect(stems(result.samples) == ["a/2", "a/3", "a/4"])
    #expect(
      result.problems == [
        "a/1.heic: pictures of its kind are not read; convert it to JPEG",
        "a/@eaDir/2.jfif/SYNOPHOTO_THUMB_M.jpg: it lies in @eaDir, which a system keeps for itself",
        "__MACOSX/a/._2.jfif: it lies in __MACOSX, which a system keeps for itself",
      ])
  }

  @Test("members that are neither pictures nor read beside them are counted by their endings")
  func others() throws {
    var tar = TarBuilder()
    tar.add("a/1.jpg", "one")
    tar.add("a/1.PDF", "text")
    tar.add("a/1.heic", "the same in another form")
    tar.add("a/2.mp4", "film")
    tar.add("a/2.json", "{}")
    tar.add("a/3.mp4", "film")
    tar.add("a/._1.jpg.txt", "shadow")
    let result = try read(tar.finished)
    #expect(stems(result.samples) == ["a/1"] && result.problems.isEmpty)
    #expect(result.ending.others.files == [".pdf": 1, ".heic": 1, ".mp4": 2])
    #expect(result.ending.others.systemFiles == ["._*": 1])
  }

  @Test("tags come from words with #, from JSON lists and texts; labels from .cls and JSON")
  func metadata() throws {
    var metadata = SampleMetadata()
    metadata.take(text: Array("A #Kingfisher, #blue#bird at 5 # and #übung!".utf8))
    #expect(metadata.tags == ["Kingfisher", "blue", "bird", "übung"])
    metadata = SampleMetadata()
    let list = metadata.take(json: Array(##"{"hashtags": ["#a", "b c", 3, ""], "label": 5}"##.utf8))
    #expect(list && metadata.tags == ["a", "b c"] && metadata.label == "5")
    metadata = SampleMetadata()
    let text = metadata.take(json: Array(##"{"tags": "#a, b  c", "cls": " cat \nx"}"##.utf8))
    #expect(text && metadata.tags == ["a", "b", "c"] && metadata.label == "cat")
    for text in ["[1]", "{", "", String(repeating: "[", count: 60_000)] {
      var none = SampleMetadata()
      let isObject = none.take(json: Array(text.utf8))
      #expect(!isObject)
    }
    metadata = SampleMetadata()
    metadata.take(cls: Array("  \n".utf8))
    metadata.take(cls: [UInt8](repeating: 65, count: 300))
    #expect(metadata.label == nil)
    metadata.take(cls: Array("12\n".utf8))
    #expect(metadata.label == "12")
  }

  @Test("metadata beyond 64 KiB are passed over and counted")
  func bounded() throws {
    var tar = TarBuilder()
    tar.add("1.jpg", "one")
    tar.add("1.json", "{\"tags\": \"" + String(repeating: "a", count: 70_000) + "\"}")
    tar.add("1.txt", "#kept")
    tar.add("2.jpg", "two")
    tar.add("2.json", "not JSON")
    let result = try read(tar.finished)
    #expect(result.samples.map(\.metadata.tags) == [["kept"], []])
    #expect(result.problems.count == 2 && result.problems[0].contains("at most 65536"))
    #expect(result.problems[1] == "2.json: it is not a JSON object")
  }

  @Test("cut at any byte, an archive gives whole pictures only and says that it ended early")
  func cut() throws {
    let bytes = TarBuilder.shard(3, imageBytes: 600)
    for count in 0..<bytes.count - 512 {
      for knowsSize in [true, false] {
        let result = try read(Array(bytes.prefix(count)), knowsSize: knowsSize)
        #expect(result.problems.isEmpty)
        let kind = count == 0 || count >= 512 ? EarlyEnd.Kind.cut : .foreign
        #expect(result.ending.early?.end == EarlyEnd(kind: kind, byte: count))
        // A sample is a block, 600 to 606 bytes in two blocks, a block and its class's block.
        #expect(result.samples.count == (0..<3).count { count >= $0 * 2560 + 512 + 600 + $0 })
        for (number, sample) in result.samples.enumerated() {
          #expect(sample.offset + sample.length <= count)
          #expect(stems(result.samples)[number] == "s\(number)")
        }
      }
    }
  }

  @Test("100,000 broken members leave memory flat")
  func flat() throws {
    var block = TarBuilder.header("../broken.jpg", size: 0)
    block += TarBuilder.header("lying.jpg", sizeField: Array("xxxxxxxxxxxx".utf8))
    let source = RepeatedStream(block, times: 50_000)
    var writer = ShardIndexWriter(hasHashes: false)
    let growth = try ProcessMemory.peakGrowth {
      _ = try WebDatasetSamples.read(
        TarReader(source), found: { _ in },
        missed: { name, reason in writer.note(key: name, reason: reason) })
    }
    #expect(writer.problemCount == 100_000)
    #expect(growth < 16 << 20)
  }
}

/// Some bytes over and over, then nothing.
private final class RepeatedStream: ByteStream {
  private let bytes: [UInt8]
  private var left: Int

  init(_ bytes: [UInt8], times: Int) {
    self.bytes = bytes
    left = times
  }

  func read(into room: UnsafeMutableRawBufferPointer) throws -> Int {
    guard left > 0, room.count >= bytes.count else { return 0 }
    left -= 1
    room.copyBytes(from: bytes)
    return bytes.count
  }

  func close() {}
}
