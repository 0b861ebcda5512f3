import Files
import Foundation
import Models
import SystemPackage
import TestSupport
import Testing
import Torch
import Training

@testable import Export

@Suite("Models in PyTorch and timm", .enabled(if: PythonTools.areHere, PythonTools.missing))
struct PythonModelTests {
  /// For each folder in those of the later arguments: what model.py loads, strictly, and its error on three pictures,
  /// and that PyTorch's own reader takes its files.
  private static let script = """
    import glob, importlib.util, os, sys
    from vision import torchvision
    import numpy, torch

    numbers, side = sys.argv[1], int(sys.argv[2])
    for folder in (f for root in sys.argv[3:] for f in sorted(glob.glob(root + "/*/"))):
      spec = importlib.util.spec_from_file_location("model", folder + "model.py")
      model = importlib.util.module_from_spec(spec)
      spec.loader.exec_module(model)
      network = model.load()
      assert not network.training
      state = {name: tensor for name, tensor in network.state_dict().items()
        if not name.endswith("num_batches_tracked")}
      for path in glob.glob(folder + "pytorch_model.bin"):
        saved = torch.load(path, map_location="cpu", weights_only=True)
        assert saved.keys() == state.keys(), set(saved) ^ set(state)
        assert all(torch.equal(saved[name], state[name]) for name in saved)
      weight = next(tensor for tensor in state.values() if tensor.dim() == 4)
      name = os.path.basename(folder[:-1])
      read = lambda file: torch.from_numpy(numpy.fromfile(f"{numbers}/{name}/{file}.f32", "<f4"))
      pictures = read("normalized").reshape(3, weight.shape[1], side, side)
      expected = read("logits").reshape(3, -1)
      with torch.inference_mode(): logits = network(pictures)
      error = ((logits - expected).abs().max() / expected.abs().max()).item()
      print(name, "right" if error < 1e-5 else error)
    """

  /// Every variant of which timm has none.
  static let own: [SmallNetwork] = [
    .resnet8, .cifar_resnet20, .resnet26d, .seresnext50_32x4d, .resnet50, .grey, .maximum,
    .bothMeans,
  ]

  @Test("model.py loads the weights strictly and gives the same logits, exported and as trained")
  func ownNetworks() throws {
    let (exports, models, numbers) = (
      try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder()
    )
    for small in Self.own {
      let exported = try Exported(small, at: "\(models.path)/\(small.rawValue)")
      try exported.writeNumbers(3, into: "\(numbers.path)/\(small.rawValue)")
      try exported.folder.write(exported.network)
      let files = try exported.folder.export(
        exported.network, for: .pytorch, to: "\(exports.path)/\(small.rawValue)")
      #expect(
        files.map { FilePath(text: $0).name }
          == ["README.md", "config.json", "model.py", "pytorch_model.bin"])
    }
    let expected = Self.own.map { "\($0.rawValue) right\n" }.sorted().joined()
    let output = try PythonTools.run(
      Self.script, [numbers.path, "33", exports.path, models.path])
    #expect(output == expected + expected)
  }

  @Test("what is timm's needs no model.py, and exported for PyTorch it has one that asks timm")
  func timms() throws {
    let (exports, models, numbers) = (
      try TemporaryFolder(), try TemporaryFolder(), try TemporaryFolder()
    )
    let names = ["mobilenetv3_small_100", "vit_tiny_patch16_224"]
    for name in names {
      var options = NetworkOptions(model: name, classCount: 4, inputSize: 48)
      if name.hasPrefix("vit") { options.pooling = .average }
      let exported = Exported(
        try ModelCatalog.make(options), options, at: "\(models.path)/\(name)")
      try exported.writeNumbers(3, into: "\(numbers.path)/\(name)")
      try exported.folder.write(exported.network)
      try exported.folder.export(exported.network, for: .pytorch, to: "\(exports.path)/\(name)")
      #expect(
        try FilePath(text: "\(models.path)/\(name)").names().sorted()
          == ["config.json", "model.safetensors"])
    }
    let output = try PythonTools.run(Self.script, [numbers.path, "48", exports.path])
    #expect(output == names.map { "\($0) right\n" }.joined())
  }

  @Test("timm makes the network of one channel from a folder as we write it")
  func grey() throws {
    let (models, numbers) = (try TemporaryFolder(), try TemporaryFolder())
    let options = NetworkOptions(
      model: "mobilenetv3_small_100", classCount: 4, inputChannels: 1, inputSize: 48)
    let exported = Exported(
      try ModelCatalog.make(options), options, at: models.path + "/model")
    try exported.writeNumbers(3, into: numbers.path)
    let files = try exported.folder.export(
      exported.network, for: .timm, to: models.path + "/timm")
    #expect(
      files.map { FilePath(text: $0).name } == ["README.md", "config.json", "model.safetensors"])
    let output = try PythonTools.run(
      """
      import sys
      from vision import torchvision
      import numpy, timm, torch
      network = timm.create_model("local-dir:" + sys.argv[1], pretrained=True).eval()
      pictures = torch.from_numpy(numpy.fromfile("normalized.f32", "<f4").reshape(3, 1, 48, 48))
      expected = torch.from_numpy(numpy.fromfile("logits.f32", "<f4").reshape(3, 4))
      with torch.inference_mode(): logits = network(pictures)
      print(((logits - expected).abs().max() / expected.abs().max()).item() < 1e-5)
      print(network.pretrained_cfg["label_names"], network.pretrained_cfg["mean"])
      """, [models.path + "/timm"], in: numbers.path)
    let names = (0..<4).map { "'class \($0), \"it\"'" }.joined(separator: ", ")
    #expect(output == "True\n[\(names)] [0.4]\n")
  }
}
