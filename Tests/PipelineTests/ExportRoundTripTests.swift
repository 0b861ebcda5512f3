import Export
import Files
import Foundation
import Recipes
import SystemPackage
import TestSupport
import Testing
import Training

@testable import Pipeline

@Suite(
  "Models that come from elsewhere and go back",
  .enabled(if: PythonTools.areHere, PythonTools.missing))
struct ExportRoundTripTests {
  @Test("timm's folder, imported and exported for timm, is the same network in timm")
  func timm() throws {
    let folder = try TemporaryFolder()
    // As timm writes a folder for the Hub.
    try PythonTools.run(
      """
      from vision import torchvision
      import os
      import timm, torch
      from pathlib import Path
      from safetensors.torch import save_file
      from timm.models._hub import save_config_for_hf
      torch.manual_seed(0)
      for name, size in (("mobilenetv3_small_100", {}), ("regnety_004", {}),
          ("vit_tiny_patch16_224", {"img_size": 64}), ("resnet18", {})):
        network = timm.create_model(name, num_classes=5, **size)
        for buffer in network.buffers():
          if buffer.is_floating_point(): buffer.uniform_(0.5, 1.5)
        os.makedirs("timm/" + name)
        save_file(network.state_dict(), f"timm/{name}/model.safetensors")
        save_config_for_hf(network, Path("timm", name, "config.json"), model_args=size,
          model_config={"label_names": ["a", "b", "c", "d", "e"]})
      """, in: folder.path)
    for name in try FilePath(text: folder.path + "/timm").names() {
      let model = "\(folder.path)/models/\(name)"
      _ = try importModel("\(folder.path)/timm/\(name)", ImportSettings(), to: model)
      let exported = try exportModel(model, for: .timm, to: "\(folder.path)/again/\(name)")
      #expect(exported.folder.classNames == ["a", "b", "c", "d", "e"])
    }
    let output = try PythonTools.run(
      """
      import os
      from vision import torchvision
      import timm, torch
      for name in sorted(os.listdir("timm")):
        first, second = (timm.create_model("local-dir:%s/%s" % (place, name), pretrained=True)
          for place in ("timm", "again"))
        one, two = first.state_dict(), second.state_dict()
        assert one.keys() == two.keys()
        assert all(torch.equal(one[key], two[key]) for key in one
          if not key.endswith("num_batches_tracked"))
        a, b = first.pretrained_cfg, second.pretrained_cfg
        for key in ("mean", "std", "crop_pct", "interpolation", "label_names"):
          assert list(map(str, [a[key]])) == list(map(str, [b[key]])), (name, key, a[key], b[key])
        print(name, len(one))
      """, in: folder.path)
    #expect(
      output == """
        mobilenetv3_small_100 244
        regnety_004 384
        resnet18 122
        vit_tiny_patch16_224 152

        """)
  }

  @Test("torchvision's weights, imported and exported, give torchvision's logits in ONNX Runtime")
  func torchvision() throws {
    let folder = try TemporaryFolder()
    try PythonTools.run(
      """
      from vision import torchvision
      import torch
      torch.manual_seed(0)
      network = torchvision.models.resnet18(num_classes=5)
      for buffer in network.buffers():
        if buffer.is_floating_point(): buffer.uniform_(0.5, 1.5)
      torch.save(network.state_dict(), "weights.pth")
      """, in: folder.path)
    var settings = ImportSettings()
    settings.inputSize = 64
    _ = try importModel(folder.path + "/weights.pth", settings, to: folder.path + "/model")
    _ = try exportModel(
      folder.path + "/model", for: .onnx, to: folder.path + "/onnx", normalizes: true)
    _ = try exportModel(folder.path + "/model", for: .pytorch, to: folder.path + "/pytorch")
    let output = try PythonTools.run(
      """
      from vision import torchvision
      import onnxruntime, torch
      network = torchvision.models.resnet18(num_classes=5).eval()
      network.load_state_dict(torch.load("pytorch/pytorch_model.bin", weights_only=True))
      assert all(torch.equal(network.state_dict()[key], value)
        for key, value in torch.load("weights.pth", weights_only=True).items()
        if not key.endswith("num_batches_tracked"))
      pictures = torch.rand(3, 3, 64, 64)
      normalize = torchvision.transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
      with torch.inference_mode(): expected = network(normalize(pictures)).numpy()
      logits, = onnxruntime.InferenceSession("onnx/model.onnx").run(None, {"images": pictures.numpy()})
      print(abs(logits - expected).max() < 1e-4 * abs(expected).max())
      """, in: folder.path)
    #expect(output == "True\n")
  }
}
