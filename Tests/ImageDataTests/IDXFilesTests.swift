import Foundation
import Shards
import TestSupport
import Testing

@testable import ImageData

@Suite("Names of IDX files")
struct IDXFilesTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func header(_ sizes: [Int], type: UInt8 = 8) -> Data {
    var data = Data([0, 0, type, UInt8(sizes.count)])
    for size in sizes { withUnsafeBytes(of: UInt32(size).bigEndian) { data += $0 } }
    return data
  }

  /// Pictures of 2 × 2 pixels and their labels, under these names.
  private func write(_ images: String, _ labels: String, _ values: [UInt8]) throws {
    let count = values.count
    try folder.write(header([count, 2, 2]) + Data(count: 4 * count), to: images)
    try folder.write(header([count]) + Data(values), to: labels)
  }

  private func reason(_ split: String?) -> String? {
    let error = #expect(throws: ImageDataError.self) {
      _ = try openDataset(folder.path, split: split)
    }
    return error?.description.replacing("cannot open data set \(folder.path): ", with: "")
  }

  @Test(
    "labels are found whatever form either name has",
    arguments: ["images-idx3-ubyte", "images.idx3-ubyte"],
    ["labels-idx1-ubyte", "labels.idx1-ubyte"])
  func forms(images: String, labels: String) throws {
    try write("train-\(images)", "train-\(labels)", [3, 0])
    try write("t10k-\(images)", "t10k-\(labels)", [1, 2, 0])
    let train = try openDataset(folder.path)
    #expect(train.count == 2 && train.label(at: 0) == 1 && train.classes == ["0", "3"])
    #expect(try openDataset(folder.path, split: "test").count == 3)
    let file = try openDataset("\(folder.path)/t10k-\(images)")
    #expect(file.label(at: 1) == 2 && file.key(at: 1) == "t10k-\(images)/00001")
  }

  @Test("a set that lies in a folder alone is meant by the folder")
  func alone() throws {
    try write("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte", [1, 2, 0])
    #expect(try openDataset(folder.path).count == 3)
    #expect(reason("train") == "no train-images-idx3-ubyte[.gz] in it; sets found: t10k")
  }

  @Test("a folder that is called like a file is none")
  func folders() throws {
    try write("train-images-idx3-ubyte/train-images-idx3-ubyte", "x", [0])
    try write("train-images.idx3-ubyte", "train-labels.idx1-ubyte", [1, 0])
    #expect(try openDataset(folder.path).count == 2)
  }

  @Test("EMNIST's sets are told apart, and labels have their characters' names")
  func emnist() throws {
    for (set, values) in [("letters", [1, 26, 2] as [UInt8]), ("digits", [0, 9])] {
      for part in ["train", "test"] {
        try write(
          "emnist-\(set)-\(part)-images-idx3-ubyte", "emnist-\(set)-\(part)-labels-idx1-ubyte",
          part == "train" ? values : [1])
      }
    }
    let several =
      "several sets are called train: emnist-digits-train, emnist-letters-train; give one of them as "
      + "the split, or its file"
    #expect(reason(nil) == several && reason("train") == several)
    let letters = try openDataset(folder.path, split: "letters-train")
    #expect(letters.classes == ["1", "2", "26"] && letters.label(at: 0) == 0)
    #expect(try openDataset(folder.path, split: "emnist-digits-test").count == 1)
    #expect(
      reason("balanced-train")
        == "no balanced-train-images-idx3-ubyte[.gz] in it; sets found: emnist-digits-test, "
        + "emnist-digits-train, emnist-letters-test, emnist-letters-train")
    let lines = (1...26).map { "\($0) \($0 + 64) \($0 + 96)\n" }.joined()
    try folder.write(lines, to: "emnist-letters-mapping.txt")
    let named = try openDataset(folder.path, split: "emnist-letters-train")
    #expect(named.classes.first == "A" && named.classes.last == "Z" && named.classes.count == 26)
    #expect((0..<3).map { named.label(at: $0) } == [0, 25, 1])
    try folder.write("1 65\nx\n", to: "emnist-letters-mapping.txt")
    #expect(
      reason("letters-train")
        == "\(folder.path)/emnist-letters-mapping.txt, line 2: expected a label and a character's code"
    )
  }

  @Test("of QMNIST's eight numbers a picture the first is the class")
  func qmnist() throws {
    let images = header([2, 2, 2]) + Data(count: 8)
    try folder.write(images, to: "qmnist-train-images-idx3-ubyte")
    var labels = header([2, 8], type: 12)
    for label: UInt8 in [5, 3] { labels += Data([0, 0, 0, label]) + Data(count: 28) }
    try folder.write(labels, to: "qmnist-train-labels-idx2-int")
    let dataset = try openDataset(folder.path)
    #expect((0..<2).map { dataset.label(at: $0) } == [1, 0] && dataset.classes == ["3", "5"])
    try folder.write(header([2, 0], type: 12), to: "qmnist-train-labels-idx2-int")
    let error = #expect(throws: ImageDataError.self) { _ = try openDataset(folder.path) }
    #expect(error?.description.hasSuffix("no labels in it ([2, 0])") == true)
  }
}
