import Foundation
import Models
import TestSupport
import Testing
import Training

@Suite("halcyon export")
struct ExportCommandTests {
  /// A run is exported by its best model; its card's commands do what they say.
  @Test("a run's best model goes into each format, and into none twice")
  func run() throws {
    let tiny = try TinyRun()
    try tiny.finish("run", "a")
    let run = tiny.directory("a")
    #expect(tiny.has("a", "4-fine-tuned/model.py"))

    let place = tiny.folder.path
    let onnx = try Command.run("export", run, "--to", "onnx", "--json", folder: place).object()
    #expect(onnx["model"] as? String == run + "/4-fine-tuned")
    #expect(onnx["files"] as? [String] == ["a-onnx/README.md", "a-onnx/model.onnx"])
    let card = try tiny.folder.read("a-onnx/README.md")
    #expect(card.contains("`images` is float32 [N, 1, 12, 12], normalised as below"))

    let again = try Command.run("export", run, "--to", "onnx", folder: place)
    #expect(again.code == 64 && again.errors.contains("a-onnx is not empty"))
    let forced = try Command.run(
      "export", run, "--to", "onnx", "--normalise", "--force", folder: place)
    #expect(forced.code == 0 && forced.output == "a-onnx/README.md\na-onnx/model.onnx\n")
    #expect(
      try tiny.folder.read("a-onnx/README.md").contains("values from 0 to 1, which the model"))

    let timm = try Command.run("export", run, "--to", "timm", folder: place)
    #expect(timm.code == 64)
    #expect(timm.errors.contains("timm has no resnet8 with a strided stem and width 8"))
    let unknown = try Command.run("export", run, "--to", "onxx", folder: place)
    #expect(unknown.code == 64 && unknown.errors.contains("did you mean onnx?"))

    let pytorch = try Command.run(
      "export", run + "/1-teacher", "--to", "pytorch", "--out", place + "/p/q")
    #expect(pytorch.code == 0, "\(pytorch.errors)")
    // What was exported for PyTorch is a model here too.
    let evaluated = try Command.run(
      "evaluate", place + "/p/q", place + "/data", "--split", "test", "--json"
    ).object()
    let teacher = try Command.run(
      "evaluate", run + "/1-teacher", place + "/data", "--split", "test", "--json"
    ).object()
    #expect(evaluated["top1"] as? Double == teacher["top1"] as? Double)

    let readme = try tiny.text("a", "README.md")
    #expect(readme.contains("- timm: has no such network."))
    #expect(readme.contains("`python 4-fine-tuned/model.py picture.jpg`"))
  }

  @Test(
    "model.py says of a picture what halcyon predict says",
    .enabled(if: PythonTools.areHere, PythonTools.missing))
  func script() throws {
    let folder = try TemporaryFolder()
    let (model, picture) = (folder.path + "/model", folder.path + "/a.png")
    var input = ImageInput()
    (input.size, input.resize, input.channels) = (12, 15, 1)
    (input.mean, input.std) = ([0.3], [0.25])
    let options = NetworkOptions(
      model: "resnet8", classCount: 6, inputChannels: 1, stem: .small, width: 8)
    let names = ["ant", "bee", "cat", "dog", "elk", "fly"]
    try ModelFolder(path: model, options: options, classNames: names, input: input)
      .write(ModelCatalog.make(options, seed: 5))
    try PythonTools.run(
      """
      import sys
      import numpy
      from PIL import Image
      pixels = numpy.random.default_rng(0).integers(0, 256, (19, 31, 3), "u1")
      Image.fromarray(pixels).save(sys.argv[1])
      """, [picture])
    let predicted = try Command.run(
      "predict", model, picture, "--precision", "float32", "--json"
    ).object()
    let top = try #require(predicted["top"] as? [[String: Any]])
    let expected = top.map { entry in
      let chance = (entry["score"] as? Double ?? 0) * 100
      return "\(entry["class"] ?? "") \(String(format: "%.1f", chance))%"
    }
    let said = try PythonTools.run([model + "/model.py", picture])
    #expect(said.output == "\(picture): \(expected.joined(separator: ", "))\n")
  }
}
