import Foundation
import ImageData
import Testing

@testable import Shards

/// A set that answers every question otherwise than most.
private struct Peculiar: ImageDataset {
  let count = 2
  let name = "peculiar"
  let classes = ["7", "9"]
  var passedOver: PassedOver {
    var passed = PassedOver()
    passed.add(files: ".txt", 3)
    return passed
  }
  func key(at index: Int) -> String { "key-\(index)" }
  func label(at index: Int) -> Int? { index == 0 ? 1 : nil }
  func whyUnlabelled(at index: Int) -> String? { "nobody looked at \(index)" }
  func tags(at index: Int) -> [String] { ["tag-\(index)"] }
  func fileState(at index: Int) -> UInt64 { UInt64(40 + index) }
  let placeForClassNames: String? = "/d/classes.txt"
  let absence: String? = "it was moved"
  let fileOfClassNames: String? = "/e/classes.txt"
  let areClassesDigits = true
  let splits = ["a", "b"]
  let indexIdentity: String? = "5d"
  let isRandomAccess = false
  func read(at index: Int) throws -> EncodedImage {
    .pixels(Data([UInt8(index)]), width: 1, height: 1, channels: 1)
  }
}

@Suite("Sets around other sets")
struct WrapperTests {
  @Test("what a set says is heard through every set around it", arguments: 0..<3)
  func hearsThrough(number: Int) throws {
    let base = Peculiar()
    let around: any ImageDataset =
      switch number {
      case 0: try IndexedSubset(base, indices: [0, 1])
      case 1: try Relabelled(base, labels: [1, -1], classes: ["7", "9"])
      default: EvenShards(base, shardSize: 1)
      }
    #expect(around.passedOver == base.passedOver)
    #expect(around.name == base.name && around.classes == base.classes)
    #expect(around.placeForClassNames == base.placeForClassNames)
    #expect(around.absence == base.absence)
    #expect(around.areClassesDigits && around.splits == base.splits && !around.isRandomAccess)
    // Other labels have not every line of the file, and none of the sets is the index's as it is.
    #expect(around.fileOfClassNames == (number == 1 ? nil : base.fileOfClassNames))
    #expect(around.indexIdentity == nil)
    for index in 0..<2 {
      #expect(around.key(at: index) == base.key(at: index))
      #expect(around.label(at: index) == base.label(at: index))
      #expect(around.whyUnlabelled(at: index) == base.whyUnlabelled(at: index))
      #expect(around.tags(at: index) == base.tags(at: index))
      #expect(around.fileState(at: index) == base.fileState(at: index))
      #expect(try around.read(at: index).bytes == base.read(at: index).bytes)
    }
  }
}
