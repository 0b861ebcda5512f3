import Foundation
import TestSupport
import Testing

@Suite("halcyon import")
struct ImportTests {
  let folder: TemporaryFolder
  private var out: String { folder.path + "/model" }

  init() throws { folder = try TemporaryFolder() }

  private func halcyon(_ arguments: String...) throws -> Command.Outcome {
    try Command.run(arguments)
  }

  /// The weights of a network that the command itself makes, by its teacher's stage.
  private func given() throws -> (tiny: TinyRun, file: String) {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "given")
    return (tiny, tiny.directory("given") + "/1-teacher/model.safetensors")
  }

  @Test(
    "the network, its classes and its size are found in the weights, and what is assumed is told")
  func found() throws {
    let (tiny, file) = try given()
    let bare = folder.path + "/bare.safetensors"
    try FileManager.default.copyItem(atPath: file, toPath: bare)
    let outcome = try halcyon("import", bare, "--out", out)
    #expect(outcome.code == 0, "\(outcome.errors)")
    for line in [
      "\(bare) holds the weights of resnet8", "its first layer is taken to have stride 1",
      "its 6 classes are called by their numbers", "nothing says with which mean and std",
    ] { #expect(outcome.output.contains(line), "\(line) in \(outcome.output)") }
    #expect(
      try TinyRun.tensors(out + "/model.safetensors") == TinyRun.tensors(file))
    let config = try String(contentsOfFile: out + "/config.json", encoding: .utf8)
    for part in ["halcyon_resnet8", "\"width\" : 8", "\"stem\" : \"small\""] {
      #expect(config.contains(part), "\(config)")
    }
    let card = try String(contentsOfFile: out + "/README.md", encoding: .utf8)
    for part in [
      "A resnet8 of 6 classes", "made of `\(bare)`", "`./model.py` is the network",
      "ONNX Runtime: `halcyon export .", "Pictures: grey",
      "its 6 classes are called by their numbers",
    ] { #expect(card.contains(part), "\(part) in \(card)") }
    // Beside a description all is known.
    let described = try halcyon(
      "import", tiny.directory("given") + "/1-teacher", "--out", out + "2")
    #expect(described.code == 0, "\(described.errors)")
    #expect(!described.output.contains("assumed"), "\(described.output)")
  }

  @Test("classes, values and sizes that are given stand in the model; wrong numbers of them do not")
  func chosen() throws {
    let (tiny, file) = try given()
    defer { withExtendedLifetime(tiny) {} }
    let bare = folder.path + "/bare.safetensors"
    try FileManager.default.copyItem(atPath: file, toPath: bare)
    let refusals = [
      (["--classes", "a,b"], "the last layer has 6"), (["--classes", "a,b,a"], "alike: a"),
      (["--head", "new"], "--head new needs the names"),
      (["--classes", "nowhere/classes.txt"], "there is no file nowhere/classes.txt"),
      (["--mean", "0.5,0.5,0.5"], "--mean has 3 numbers and the network takes 1 channel"),
      (["--model", "resnet14"], "layer1.1.conv1.weight [8, 8, 3, 3] is missing"),
      (["--model", "resnet50"], "does not fit resnet50"),
      (["--model", "resent50"], "no model is named resent50"),
      (["--std", "0"], "--std must be above 0"), (["--mean", "x"], "numbers with commas"),
    ]
    for (arguments, reason) in refusals {
      let outcome = try Command.run(["import", bare, "--out", out] + arguments)
      #expect(outcome.code == 64 || outcome.code == 65, "\(arguments)")
      #expect(outcome.errors.contains(reason), "\(outcome.errors)")
      #expect(!FileManager.default.fileExists(atPath: out), "\(arguments)")
    }
    let names = folder.path + "/names.txt"
    try "cat\ndog\n\n".write(toFile: names, atomically: true, encoding: .utf8)
    let outcome = try halcyon(
      "import", bare, "--out", out, "--head", "new", "--classes", names, "--mean", "0.3", "--std",
      "0.2", "--input-size", "16", "--crop-pct", "0.5")
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("2 classes"), "\(outcome.output)")
    let written = try TinyRun.tensors(out + "/model.safetensors")
    #expect(written["fc.bias"]?.count == 2)
    #expect(written["conv1.weight"] == (try TinyRun.tensors(file))["conv1.weight"])
    let again = try halcyon("import", bare, "--out", out)
    #expect(again.code == 64)
    #expect(again.errors.contains("is a model already"))

    // Where the weights were downloaded to, they stay.
    let download = folder.path + "/download"
    let weights = download + "/model.safetensors"
    try FileManager.default.createDirectory(atPath: download, withIntermediateDirectories: true)
    try FileManager.default.copyItem(atPath: bare, toPath: weights)
    let before = try Data(contentsOf: URL(fileURLWithPath: weights))
    let over = try halcyon("import", weights, "--out", download)
    #expect(over.code == 64)
    #expect(over.errors.contains("holds model.safetensors"), "\(over.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: weights)) == before)
  }

  @Test("files of PyTorch's, in both formats, whose network there is not, say what they hold")
  func pickles() throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().path
    for name in ["zip.pth", "old.pth"] {
      let outcome = try halcyon("import", "\(tests)/Reference/\(name)", "--out", out)
      #expect(outcome.code == 65)
      #expect(outcome.errors.contains("fits no network that there is"), "\(outcome.errors)")
      #expect(outcome.errors.contains("module.plain [2, 3, 2], "), "\(outcome.errors)")
    }
    let nothing = try halcyon("import", folder.path + "/none.pth", "--out", out)
    #expect(nothing.code == 74)
  }

  @Test("a pickle that wants something run is refused by its name, and nothing is run")
  func hostile() throws {
    let mark = folder.path + "/ran"
    var file = Data([0x80, 2])
    file.append(Data("cposix\nsystem\nX".utf8))
    let command = Data("touch \(mark)".utf8)
    withUnsafeBytes(of: UInt32(command.count).littleEndian) { file.append(contentsOf: $0) }
    file.append(command + Data([0x85, 0x52, 0x2E]))
    let path = folder.path + "/evil.bin"
    try file.write(to: URL(fileURLWithPath: path))
    let outcome = try halcyon("import", path, "--out", out)
    #expect(outcome.code == 65)
    #expect(outcome.errors.contains("posix.system"), "\(outcome.errors)")
    #expect(!FileManager.default.fileExists(atPath: mark))
  }
}
