import Files
import Foundation
import Models
import SystemPackage
import TestSupport
import Testing
import Torch
import Training

@testable import Export

@Suite("Exporting a model")
struct ExportTests {
  let folder: TemporaryFolder
  let exported: Exported
  var out: String { folder.path + "/out" }

  init() throws {
    folder = try TemporaryFolder()
    exported = try Exported(.grey, at: folder.path + "/model")
  }

  private func export(
    _ target: ExportTarget, normalizes: Bool = false, replacing: Bool = false
  ) throws -> [String] {
    try exported.folder.export(
      exported.network, for: target, to: out, normalizes: normalizes, replacing: replacing
    ).map { FilePath(text: $0).name }
  }

  @Test("an empty folder is taken, one with files only when they may be replaced; others stay")
  func filled() throws {
    try FilePath(text: out).makeFolder()
    #expect(try export(.onnx) == ["README.md", "model.onnx"])
    let first = try bytes(of: out + "/model.onnx")
    try folder.write("mine", to: "out/notes.txt")
    try folder.write("old", to: "out/model.onnx")
    expectError("\(out) is not empty; give another folder with --out, or --force") {
      try export(.onnx)
    }
    #expect(try folder.read("out/model.onnx") == "old")
    #expect(try export(.onnx, replacing: true) == ["README.md", "model.onnx"])
    #expect(try bytes(of: out + "/model.onnx") == first)
    #expect(try folder.read("out/notes.txt") == "mine")
    #expect(try folder.contents() == ["out"])
  }

  @Test("what timm has not is refused for it, and nothing is written")
  func timm() throws {
    expectError("timm has no resnet8 with a small stem and width 8; --to pytorch writes it") {
      try export(.timm)
    }
    expectError("--normalise is for --to onnx") { try export(.pytorch, normalizes: true) }
    try folder.write("", to: "out")
    expectError("\(out) is a file; give a folder") { try export(.onnx) }
    #expect(try folder.contents() == ["out"])
  }

  @Test("a failure leaves neither a half nor a folder that was not there")
  func failure() throws {
    let place = folder.path + "/a/b"
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try StagedFolder.write(to: place, replacing: false) { staged in
        try DurableFile.write("x", to: staged + "/x")
        throw Stop()
      }
    }
    #expect(try folder.contents().isEmpty)
  }

  @Test("weights for PyTorch are read here with the same bits, and a model of them is a model")
  func roundTrip() throws {
    #expect(
      try export(.pytorch) == ["README.md", "config.json", "model.py", "pytorch_model.bin"])
    let again = try ModelFolder(contentsOf: out)
    #expect(again.classNames == exported.folder.classNames)
    let network = try again.load(on: .cpu)
    for (one, two) in zip(exported.network.weights.state, network.weights.state) {
      #expect(
        try one.tensor.array(of: Float.self) == two.tensor.array(of: Float.self), "\(one.name)")
    }
  }

  @Test("a network that does something else for more pictures is refused")
  func countedPictures() throws {
    let error = #expect(throws: TorchError.self) {
      try OperationGraph(picture: [2], weights: []) { x in
        try x.scaled(by: Double(x.shape[0]))
      }
    }
    #expect(error?.message.contains("depends on how many pictures there are") == true)
  }
}
