import Foundation
import Shards
import TestSupport
import Testing

@testable import ImageData

@Suite("IDXDataset")
struct IDXDatasetTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func header(_ sizes: [UInt32], type: UInt8 = 8) -> Data {
    var data = Data([0, 0, type, UInt8(sizes.count)])
    for size in sizes { withUnsafeBytes(of: size.bigEndian) { data += $0 } }
    return data
  }

  /// Five pictures of 4 × 3 numbered pixels and their labels.
  private func writePlain(labels: [UInt8]? = [0, 1, 2, 1, 0]) throws -> String {
    if let labels {
      try folder.write(header([UInt32(labels.count)]) + Data(labels), to: "train-labels-idx1-ubyte")
    }
    return try folder.write(header([5, 4, 3]) + Data(0..<60), to: "train-images-idx3-ubyte")
  }

  private func reason(at path: String) -> String? {
    do {
      _ = try IDXDataset(images: path)
      return nil
    } catch ImageDataError.dataset(let named, let reason) {
      return named.hasPrefix(folder.path) ? reason : nil
    } catch {
      return nil
    }
  }

  @Test("pictures, labels, keys and sizes are read, plain and gzipped alike")
  func reads() throws {
    try folder.add("tiny-images-idx3-ubyte.gz", as: "z/train-images-idx3-ubyte.gz")
    try folder.add("tiny-labels-idx1-ubyte.gz", as: "z/train-labels-idx1-ubyte.gz")
    for path in [try writePlain(), folder.path + "/z/train-images-idx3-ubyte.gz"] {
      let dataset = try IDXDataset(images: path)
      #expect(dataset.count == 5 && dataset.width == 3 && dataset.height == 4)
      #expect(dataset.name == "train-images-idx3-ubyte")
      #expect((0..<5).map { dataset.label(at: $0) } == [0, 1, 2, 1, 0])
      #expect(dataset.classes == ["0", "1", "2"])
      #expect(dataset.key(at: 4) == "train-images-idx3-ubyte/00004")
      let image = try dataset.read(at: 2)
      guard case .pixels(let data, let width, let height, let channels) = image
      else {
        Issue.record("not plain pixels")
        continue
      }
      #expect(Array(data) == Array(24..<36) && width == 3 && height == 4 && channels == 1)
      #expect(try ImageDecoder().pixels(of: image, channels: 1).pixels == Array(24..<36))
    }
  }

  @Test("without a labels file nothing is labelled")
  func unlabelled() throws {
    let dataset = try IDXDataset(images: writePlain(labels: nil))
    #expect(dataset.classes.isEmpty && dataset.label(at: 0) == nil && dataset.count == 5)
  }

  @Test("without names the labels that occur are the classes, called by their digits")
  func digits() throws {
    let dataset = try IDXDataset(images: writePlain(labels: [7, 0, 3, 7, 0]))
    #expect(dataset.classes == ["0", "3", "7"])
    #expect((0..<5).map { dataset.label(at: $0) } == [2, 0, 1, 2, 0])
    #expect(dataset.placeForClassNames == folder.path + "/classes.txt")
  }

  @Test("class names come from classes.txt, or are Fashion-MNIST's in its folder")
  func classNames() throws {
    let path = try writePlain()
    try folder.write("cat\ndog \n\nbird\n", to: "classes.txt")
    #expect(try IDXDataset(images: path).classes == ["cat", "dog", "bird"])
    try folder.write("cat\ndog\n", to: "classes.txt")
    #expect(
      reason(at: path)
        == "label 2, but only 2 classes in \(folder.path)/classes.txt; give each label from 0 on a line"
    )
    for name in ["images-idx3", "labels-idx1"] {
      try folder.add("tiny-\(name)-ubyte.gz", as: "fashion-mnist/t10k-\(name)-ubyte.gz")
    }
    let fashion = try openDataset(folder.path + "/fashion-mnist", split: "test")
    #expect(fashion.classes.first == "T-shirt/top" && fashion.classes.count == 10)
  }

  @Test("files that are cut short, of another kind or at odds are refused by name")
  func refusals() throws {
    func path(_ data: Data) throws -> String { try folder.write(data, to: "x-images-idx3-ubyte") }
    #expect(reason(at: folder.path + "/none-images-idx3-ubyte") == "No such file or directory")
    let notIDX = "not an IDX file of unsigned bytes in 3 dimensions"
    #expect(reason(at: try path(Data())) == "the file is empty")
    #expect(reason(at: try path(header([5, 4, 3], type: 13) + Data(0..<60))) == notIDX)
    #expect(reason(at: try path(header([60]) + Data(0..<60))) == notIDX)
    #expect(reason(at: try path(Data("<html></html>...".utf8))) == notIDX)
    #expect(
      reason(at: try path(header([5, 4, 3]) + Data(0..<59)))
        == "59 bytes for [5, 4, 3]; is it cut short?")
    #expect(reason(at: try path(header([0, 4, 3]))) == "no pictures in it ([0, 4, 3])")
    let most = UInt32.max
    #expect(
      reason(at: try path(header([most, most, most]) + Data(0..<60)))?.hasPrefix("60 bytes for")
        == true)
    #expect(reason(at: try writePlain(labels: [0, 1, 2])) == "3 labels for 5 pictures")
  }

  @Test("gzip data that is truncated, broken or longer than its header says is refused")
  func gzip() throws {
    let good = try TestImages.data("tiny-images-idx3-ubyte.gz")
    func reasonOf(_ data: Data) throws -> String? {
      reason(at: try folder.write(data, to: "y-images-idx3-ubyte.gz"))
    }
    #expect(try reasonOf(good) == nil)
    for length in [0, 5, 10, good.count - 9, good.count - 1] {
      #expect(try reasonOf(good.prefix(length)) != nil, "cut to \(length)")
    }
    var broken = good
    broken[good.count - 5] ^= 1  // in the checksum
    #expect(try reasonOf(broken) == "the gzip data is truncated or broken")
    // A second member adds 76 bytes to the 76 that the header announces.
    #expect(try reasonOf(good + good) == "it inflates to more than 76 bytes")
  }
}
