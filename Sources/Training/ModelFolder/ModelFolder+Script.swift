import Files
import Foundation
import ImageData
package import Models
import SystemPackage

extension ModelFolder {
  /// Whether timm builds the same network from this folder.
  package var isTimms: Bool { TimmNames.isTimms(options) }

  /// The file that has the network in PyTorch.
  package static let scriptName = "model.py"

  /// Writes `model.py`: the network in PyTorch with its settings, which loads the file `weights` beside it and
  /// classifies pictures.
  /// - Throws: `FileError` naming the file.
  package func writeScript(of network: any Network, weights: String) throws {
    try DurableFile.write(script(of: network, weights: weights), to: "\(path)/\(Self.scriptName)")
  }

  func script(of network: any Network, weights: String) -> String {
    let own = isTimms ? nil : network.python
    let definition = own?.code ?? timmInPython
    let modules =
      own == nil
      ? "import timm\nimport torch"
      : "import torch\nimport torch.nn.functional as F\nfrom torch import nn"
    let isSafetensors = weights.hasSuffix(".safetensors")
    let reading =
      isSafetensors
      ? "    from safetensors.torch import load_file\n\n    weights = load_file(path or HERE / \"\(weights)\")"
      : "    weights = torch.load(path or HERE / \"\(weights)\", map_location=\"cpu\", weights_only=True)"
    return """
      \"""\(options.model) of \(Format.counted(options.classCount, "class", "classes")), in PyTorch.

          python model.py PICTURE...      prints the best classes of pictures (needs Pillow too)

          from model import load, pixels
          network = load()                # a torch.nn.Module, its weights from \(weights)
          logits = network(pixels("picture.jpg"))
      \"""

      import json
      import sys
      from pathlib import Path

      \(modules)

      HERE = Path(__file__).resolve().parent


      \(definition)


      def load(path=None):
          \"""The network with its weights, ready to be asked.\"""
      \(reading)
          network = Network()
          network.load_state_dict(weights)
          return network.eval()


      def pixels(path):
          \"""The picture at path as the network sees it: [1, \(input.channels), \(input.size), \(input.size)].\"""
          from PIL import Image, ImageOps

          image = ImageOps.exif_transpose(Image.open(path)).convert("\(input.channels == 1 ? "L" : "RGB")")
      \(resizingInPython)
          image = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
          image = image.view(1, \(input.size), \(input.size), \(input.channels)).permute(0, 3, 1, 2) / 255
          mean, std = torch.tensor(\(input.mean)), torch.tensor(\(input.std))
          return (image - mean.view(-1, 1, 1)) / std.view(-1, 1, 1)


      if __name__ == "__main__":
          network, names = load(), json.loads((HERE / "config.json").read_text())["label_names"]
          for path in sys.argv[1:]:
              with torch.inference_mode():
                  chances = network(pixels(path))[0].softmax(0)
              best = chances.topk(min(5, len(names)))
              print(f"{path}:", ", ".join(f"{names[i]} {p:.1%}" for p, i in zip(*map(list, best))))

      """
  }

  private var timmInPython: String {
    var arguments = ["\"\(options.model)\"", "num_classes=\(options.classCount)"]
    if input.channels != 3 { arguments.append("in_chans=\(input.channels)") }
    if TimmKeys.isTransformer(options.model) { arguments.append("img_size=\(input.size)") }
    if let pooling = options.pooling {
      arguments.append("global_pool=\"\(Self.name(of: pooling))\"")
    }
    return """
      def Network():
          return timm.create_model(\(arguments.joined(separator: ", ")))
      """
  }

  /// What makes a square of a picture, as torchvision and timm do.
  private var resizingInPython: String {
    let filter = "Image.Resampling.\(input.interpolation.rawValue.uppercased())"
    switch cropMode {
    case .squash:
      return """
            image = image.resize((\(input.resize), \(input.resize)), \(filter))
        \(centreInPython)
        """
    case .border(let fill):
      let colour =
        fill.count == 1 ? "\(fill[0])" : "(\(fill.map(String.init).joined(separator: ", ")))"
      return """
            ratio = max(image.size) / \(input.resize)
            image = image.resize([max(1, round(side / ratio)) for side in image.size], \(filter))
            square = Image.new(image.mode, (\(input.size), \(input.size)), \(colour))
            square.paste(image, [(\(input.size) - side) // 2 for side in image.size])
            image = square
        """
    case .center:
      return """
            width, height = image.size
            shorter = min(width, height)
            size = (\(input.resize) * width // shorter, \(input.resize) * height // shorter)
            image = image.resize(size, \(filter))
        \(centreInPython)
        """
    }
  }

  private var centreInPython: String {
    """
        left, top = (round((side - \(input.size)) / 2) for side in image.size)
        image = image.crop((left, top, left + \(input.size), top + \(input.size)))
    """
  }
}
