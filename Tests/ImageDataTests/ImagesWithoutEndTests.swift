import Foundation
import TestSupport
import Testing

@testable import ImageData

@Suite("ImagesWithoutEnd")
struct ImagesWithoutEndTests {
  @Test("a loader counts each picture that lacks its end once, however often it comes")
  func loader() throws {
    let folder = try TemporaryFolder()
    let names = ["no-end.jpg", "no-end.png", "colour.jpg", "zeros-for-end.jpg", "rgb.png"]
    for name in names { try folder.add(name, as: name) }
    let dataset = try FolderDataset(root: folder.path)
    let loader = try BatchLoader(
      dataset: dataset, order: ShuffledOrder(count: 5, seed: 1), positions: 0..<50, batchSize: 5,
      preset: .train(TrainPreset(size: 8)), seed: 1, workers: 2)
    while try loader.next() != nil {}
    #expect(loader.badSamples.count == 0 && loader.withoutEnd.count == 3)
    let line = try #require(loader.withoutEnd.line(in: "pets"))
    #expect(
      line.hasPrefix("3 pictures of pets lack their files' end; every row of them is there: "))
    #expect(!line.contains("…"))
  }

  @Test("parts of a set are counted together and the first three named")
  func together() {
    var all = ImagesWithoutEnd()
    #expect(all.line(in: "u") == nil)
    var first = ImagesWithoutEnd(), second = ImagesWithoutEnd()
    first.add(index: 4, key: "a")
    first.add(index: 4, key: "a")
    all.add(first)
    #expect(
      all.line(in: "u") == "1 picture of u lacks its file's end; every row of it is there: a")
    for (index, key) in ["b", "c", "d"].enumerated() { second.add(index: index, key: key) }
    all.add(second)
    #expect(all.count == 4 && all.line(in: "u")?.hasSuffix("there: a, b, c, …") == true)
  }
}
