import Files
import ImageData
import Models

extension ModelFolder {
  /// How the model is used in PyTorch, timm, ONNX Runtime and Swift: an item of a list for each, true for
  /// this model, whose folder is `place` from where the card lies.
  package func uses(at place: String) -> String {
    [
      "- PyTorch: \(useInPyTorch(at: place))",
      isTimms
        ? "- timm: `timm.create_model(\"local-dir:\(place)\", pretrained=True)`."
        : "- timm: has no such network.",
      usesElsewhere(at: place),
    ].joined(separator: "\n")
  }

  /// How the model in the folder `place` is used outside of Python's networks.
  package func usesElsewhere(at place: String) -> String {
    [
      "- ONNX Runtime: `halcyon export \(place) --to onnx --out onnx`, then "
        + "`onnxruntime.InferenceSession(\"onnx/model.onnx\").run(None, {\"images\": pictures})`.",
      "- Swift: `try LoadedModel(\"\(place)\").predict([\"picture.jpg\"])`, with the package Halcyon.",
    ].joined(separator: "\n")
  }

  private func useInPyTorch(at place: String) -> String {
    guard isTimms else {
      return
        "`\(place)/\(Self.scriptName)` is the network (`from model import load; network = load()`, with "
        + "torch and safetensors); `python \(place)/\(Self.scriptName) picture.jpg` prints its classes."
    }
    guard isTorchvisions else {
      return
        "what timm makes is a `torch.nn.Module`; `halcyon export \(place) --to pytorch` writes a state "
        + "dictionary for `torch.load`."
    }
    return
      "`network = torchvision.models.\(options.model)(num_classes=\(options.classCount))`, then "
      + "`network.load_state_dict(safetensors.torch.load_file(\"\(place)/model.safetensors\"))`."
  }

  /// Whether torchvision makes the same network by the same name.
  private var isTorchvisions: Bool {
    let names = [
      "resnet18", "resnet34", "resnet50", "resnet101", "resnext50_32x4d", "resnext101_32x8d",
    ]
    return isTimms && names.contains(options.model) && input.channels == 3 && options.pooling == nil
  }

  /// The lines of Python that make timm's network of the folder `place`.
  package func useInTimm(at place: String) -> String {
    """
    ```python
    import timm
    network = timm.create_model("local-dir:\(place)", pretrained=True).eval()
    transform = timm.data.create_transform(**timm.data.resolve_model_data_config(network))
    logits = network(transform(picture).unsqueeze(0))  # a picture of Pillow's
    ```
    """
  }

  /// What the network sees of a picture, in a sentence.
  package var inputInWords: String {
    let colour = input.channels == 1 ? "grey" : "colour"
    let resizing =
      switch cropMode {
      case .center:
        "shorter side resized to \(input.resize) (\(input.interpolation.rawValue)), centre crop"
      case .squash:
        "both sides resized to \(input.resize) (\(input.interpolation.rawValue)), centre crop"
      case .border:
        "longer side resized to \(input.resize) (\(input.interpolation.rawValue)), with borders to a square"
      }
    return
      "\(colour), \(resizing) of \(input.size), values from 0 to 1 normalised by mean \(input.mean) and "
      + "std \(input.std)."
  }

  /// The first names of the classes, in a sentence.
  package var classesInWords: String {
    let shown = classNames.prefix(50).map { "`\($0)`" }.joined(separator: ", ")
    let more = classNames.count > 50 ? " and \(Format.count(classNames.count - 50)) more" : ""
    return shown + more + ", in the order of the logits."
  }
}
