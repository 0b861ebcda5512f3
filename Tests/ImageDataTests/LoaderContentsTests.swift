import Copies
import Foundation
import ImageData
import Testing

@Suite("Loading with contents")
struct LoaderContentsTests {
  let preset = Preset.evaluation(EvaluationPreset(resize: 36, crop: 32))

  func loader(
    _ dataset: MadeDataset, preset: Preset, notes: Bool, hashes: Bool = false, workers: Int = 3
  ) throws -> BatchLoader {
    try BatchLoader(
      dataset: dataset, order: SequentialOrder(), positions: 0..<dataset.count, batchSize: 8,
      preset: preset, seed: 1, workers: workers, hashContent: hashes, notesContents: notes,
      onUnreadable: .mark)
  }

  let pictures = MadeDataset(count: 20) { index in
    if index == 13 { throw ImageDataError.unreadable(key: "13", reason: "made to be bad") }
    let seed = UInt64(index == 17 ? 4 : index)
    return BlobImage(seed: seed).image(width: 40 + index, height: 50).image
  }

  @Test("every row says what its picture is; one that cannot be read is zeros")
  func noted() throws {
    let decoder = try ImageDecoder()
    for hashes in [false, true] {
      let loader = try loader(pictures, preset: preset, notes: true, hashes: hashes)
      var contents: [ImageContents] = []
      while let batch = try loader.next() {
        #expect(batch.contents.count == batch.count)
        #expect(batch.hashes.contains { $0 != nil } == hashes)
        contents += batch.contents
      }
      #expect(contents.count == 20)
      for (index, noted) in contents.enumerated() {
        guard index != 13 else {
          #expect(noted == .unreadable)
          continue
        }
        let image = try pictures.read(at: index)
        #expect(try noted == decoder.contents(of: image))
        #expect(noted.contentHash == ContentHash(of: image).prefix)
        #expect(noted.width == UInt32(40 + index))
        #expect(noted.height == 50)
      }
      // Picture 17 is picture 4, wider.
      let copies = try DuplicateRows.find(in: contents)
      #expect(copies.map(\.row) == [17])
      #expect(copies.map(\.original) == [4])
    }
  }

  @Test("without being asked nothing is noted, and the pixels are the same")
  func unasked() throws {
    let with = try loader(pictures, preset: preset, notes: true, workers: 1)
    let without = try loader(pictures, preset: preset, notes: false)
    while let noted = try with.next(), let plain = try without.next() {
      #expect(plain.contents.isEmpty)
      #expect(Array(noted.pixels) == Array(plain.pixels))
      #expect(noted.unreadable == plain.unreadable)
    }
  }

  @Test("random parts of pictures have no contents to note")
  func training() throws {
    let error = #expect(throws: ImageDataError.self) {
      try loader(pictures, preset: .train(TrainPreset(size: 32)), notes: true)
    }
    #expect(error?.description.contains("evaluation preset") == true)
  }
}
