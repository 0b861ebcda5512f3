import Foundation
import Models
import Recipes
import TestSupport
import Testing
import Torch
import Training

@testable import Pipeline

@Suite(
  "Importing torchvision's weights",
  .enabled(if: PythonTools.areHere, PythonTools.missing))
struct ImportTorchvisionTests {
  /// What each network of torchvision's is here, and what its IMAGENET1K_V1 weights are evaluated on.
  static let networks: [(theirs: String, own: String, size: Int, resize: Int)] = [
    ("efficientnet_b0", "efficientnet_b0", 224, 256),
    ("efficientnet_b1", "efficientnet_b1", 240, 256),
    ("mobilenet_v3_large", "mobilenetv3_large_100", 224, 256),
    ("mobilenet_v3_small", "mobilenetv3_small_100", 224, 256),
    ("regnet_y_400mf", "regnety_004", 224, 256),
    ("regnet_y_800mf", "regnety_008_tv", 224, 256),
    ("convnext_tiny", "convnext_tiny", 224, 236),
    ("vit_b_32", "vit_base_patch32_224", 224, 256),
    ("resnet18", "resnet18", 224, 256),
  ]

  @Test("each is found by its shapes and gives torchvision's logits", arguments: networks)
  func logits(theirs: String, own: String, size: Int, resize: Int) throws {
    let folder = try TemporaryFolder()
    // Norms and scales are drawn, so that none is left out unseen; vit_b_32 is saved as DataParallel's.
    try PythonTools.run(
      """
      import sys
      from vision import torchvision
      import torch
      from safetensors.torch import save_file
      name = sys.argv[1]
      torch.manual_seed(0)
      network = getattr(torchvision.models, name)(num_classes=7).eval()
      with torch.no_grad():
        for key, tensor in network.state_dict().items():
          if key.endswith("running_var"): tensor.uniform_(0.01, 1.5)
          elif key.endswith("layer_scale"): tensor.uniform_(0.5, 1.5)
          elif tensor.is_floating_point() and tensor.ndim < 2: tensor.add_(torch.randn_like(tensor) * 0.1)
          elif "heads.head" in key: tensor.normal_(0, 0.05)
        images = torch.randn(2, 3, 224, 224)
        save_file({"images": images, "logits": network(images)}, "expected.safetensors")
      prefix = "module." if name == "vit_b_32" else ""
      torch.save({prefix + key: value for key, value in network.state_dict().items()}, "weights.pth")
      """, [theirs], in: folder.path)
    var settings = ImportSettings()
    settings.inputSize = own.hasPrefix("vit") ? nil : 224
    _ = try importModel(folder.path + "/weights.pth", settings, to: folder.path + "/small")
    let model = try importModel(folder.path + "/weights.pth", to: folder.path + "/model")
    #expect(model.folder.options.model == own)
    #expect(model.folder.input.size == size && model.folder.input.resize == resize)
    #expect(model.folder.input.mean == [0.485, 0.456, 0.406])
    #expect(
      model.folder.input.interpolation == (own.hasPrefix("efficientnet") ? .bicubic : .bilinear))

    let expected = try Safetensors(path: folder.path + "/expected.safetensors")
    let network = try ModelFolder(contentsOf: folder.path + "/small").load(on: .cpu)
    let found: [Float] = try network(expected.tensor("images"), .evaluation).array()
    let wanted: [Float] = try expected.tensor("logits").array()
    let largest = try #require(wanted.map(abs).max())
    #expect(found.count == wanted.count && largest > 0.01)
    for (found, wanted) in zip(found, wanted) { #expect(abs(found - wanted) <= 1e-5 * largest) }
  }

  @Test("a training that starts from them takes all but the last layer")
  func startingWeights() throws {
    let folder = try TemporaryFolder()
    try PythonTools.run(
      """
      from vision import torchvision
      import torch
      torch.save(torchvision.models.regnet_y_400mf(num_classes=7).state_dict(), "weights.pth")
      """, in: folder.path)
    let options = NetworkOptions(model: "regnety_004", classCount: 3)
    let network = try ModelCatalog.make(options)
    let path = folder.path + "/weights.pth"
    let start = try StartingWeights(
      Recipe.teacherStart, path, for: network, options, classNames: ["a", "b", "c"])
    try start.load(into: network)
    let stem = try #require(network.weights.parameters.first)
    #expect(stem.name == "stem.conv.weight")
    let found: [Float] = try stem.tensor.array()
    #expect(found == (try openWeights(path).tensor("stem.0.weight").array()))
  }
}
