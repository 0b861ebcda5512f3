import Foundation
import TestSupport
import Testing

@testable import ImageData

extension LoaderTests {
  @Suite("Faults")
  struct Faults {
    let preset = Preset.evaluation(EvaluationPreset(resize: 8, crop: 8))

    /// Four class folders of four pictures each.
    private func pictures(in folder: TemporaryFolder) throws -> FolderDataset {
      for index in 0..<16 { try folder.add("colour.jpg", as: "class-\(index / 4)/\(index).jpg") }
      return try FolderDataset(root: folder.path)
    }

    private func started(
      _ dataset: any ImageDataset, maxPixels: Int = 1 << 30
    ) throws -> BatchLoader {
      try BatchLoader(
        dataset: dataset, order: SequentialOrder(), positions: 0..<dataset.count, batchSize: 4,
        preset: preset, seed: 0, workers: 2, onUnreadable: .mark, maxPixels: maxPixels,
        badSamples: BadSamples(of: dataset, limit: .none))
    }

    @Test("a file that vanished, shrank to nothing, became a folder or a pipe is one bad picture")
    func vanished() throws {
      let folder = try TemporaryFolder()
      let dataset = try pictures(in: folder)
      let manager = FileManager.default
      try manager.removeItem(atPath: folder.path + "/class-0/0.jpg")
      try folder.write("", to: "class-0/1.jpg")
      try manager.removeItem(atPath: folder.path + "/class-0/2.jpg")
      try manager.createDirectory(
        atPath: folder.path + "/class-0/2.jpg", withIntermediateDirectories: false)
      try manager.removeItem(atPath: folder.path + "/class-0/3.jpg")
      #expect(mkfifo(folder.path + "/class-0/3.jpg", 0o600) == 0)
      let loader = try started(dataset)
      while try loader.next() != nil {}
      #expect(
        loader.badSamples.entries.map { "\($0.key): \($0.reason)" } == [
          "class-0/0.jpg: No such file or directory", "class-0/1.jpg: the file is empty",
          "class-0/2.jpg: a folder, not a regular file",
          "class-0/3.jpg: a pipe, not a regular file",
        ])
    }

    @Test("no more descriptors end the run and are not blamed on a picture")
    func descriptors() throws {
      let folder = try TemporaryFolder()
      let dataset = try pictures(in: folder)
      var taken: [Int32] = []
      defer { for descriptor in taken { close(descriptor) } }
      let loader = try withLimit(.descriptors, 256) {
        while true {
          let descriptor = open("/dev/null", O_RDONLY)
          guard descriptor >= 0 else { break }
          taken.append(descriptor)
        }
        let loader = try started(dataset)
        #expect(
          throws: ImageDataError.resources(key: "class-0/0.jpg", reason: "Too many open files")
        ) { try loader.next() }
        return loader
      }
      #expect(loader.badSamples.count == 0)
    }

    @Test("no memory for a picture ends the run and is not blamed on it")
    func memory() throws {
      let large = EncodedImage.file(try TestImages.data("large-blank.png"))
      let dataset = MadeDataset(count: 8) { _ in large }
      let most = try ProcessMemory.addressSpace() + (96 << 20)  // 8000 × 8000 × 3 bytes are 183 MiB
      try withLimit(.addressSpace, most) {
        let loader = try started(dataset)
        #expect(throws: ImageDataError.resources(key: "sample-0", reason: "out of memory")) {
          try loader.next()
        }
        #expect(loader.badSamples.count == 0)
      }
    }

    @Test("no memory for a batch is an error, not the end of the process")
    func batchMemory() throws {
      let loader = try BatchLoader(
        dataset: MadeDataset(count: 1 << 24), order: SequentialOrder(), positions: 0..<1 << 24,
        batchSize: 1 << 24, preset: .evaluation(EvaluationPreset(resize: 16384, crop: 16384)),
        seed: 0, workers: 2)
      let error = #expect(throws: ImageDataError.self) { try loader.next() }
      #expect(error?.description.hasSuffix("load smaller batches") == true)
    }

    @Test("a picture over the pixel cap is refused from its header, before memory is taken")
    func bomb() throws {
      let files = try ["huge-header.png", "huge-header.jpg", "large-blank.png"].map {
        EncodedImage.file(try TestImages.data($0))
      }
      let dataset = MadeDataset(count: 3) { files[$0] }
      let first = try started(dataset, maxPixels: 1_000_000)
      while try first.next() != nil {}
      let growth = try ProcessMemory.peakGrowth {
        let loader = try started(dataset, maxPixels: 1_000_000)
        while try loader.next() != nil {}
        #expect(
          loader.badSamples.entries.map(\.reason) == [
            "65535x65535 is more than 1000000 pixels", "65535x65535 is more than 1000000 pixels",
            "8000x8000 is more than 1000000 pixels",
          ])
      }
      // The smallest of the three would take 8 MB a channel even at one bit a pixel.
      #expect(growth < 4 << 20, "\(growth) bytes")
    }

    @Test("what is under the cap is decoded: the cap is what refuses")
    func underTheCap() throws {
      let large = EncodedImage.file(try TestImages.data("large-blank.png"))
      let decoder = try ImageDecoder(maxPixels: 64_000_000)
      let white = [UInt8](repeating: 255, count: 8 * 8 * 3)
      #expect(try decoder.rendered(large, preset) == white)
    }

    @Test("1,000 broken pictures leave memory as it was")
    func leaks() throws {
      let files = try TestImages.refused.map {
        EncodedImage.file(try TestImages.data($0.name))
      }
      try #require(!files.isEmpty)
      let decoder = try ImageDecoder()
      func round(_ count: Int) {
        for index in 0..<count {
          _ = try? decoder.rendered(files[index % files.count], preset)
        }
      }
      round(1000)
      let before = try ProcessMemory.resident()
      for _ in 0..<5 { round(1000) }
      let growth = try ProcessMemory.resident() - before
      // A leak of one codec's state, some 10 kB a picture, would be 50 MB.
      #expect(growth < 4 << 20, "\(growth) bytes")
    }
  }
}
