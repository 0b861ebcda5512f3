import Files
import ImageData
import Models
import Training

/// `README.md` beside an exported model: what it is and how it is used.
struct ExportCard {
  let model: ModelFolder
  let target: ExportTarget
  let normalizes: Bool

  var markdown: String {
    [
      "# \(model.options.model)", what, "## Use", use,
      "## Input", "Pictures: " + model.inputInWords, "## Classes", model.classesInWords,
    ].joined(separator: "\n\n") + "\n"
  }

  private var what: String {
    let classes = Format.counted(model.options.classCount, "class", "classes")
    return switch target {
    case .onnx:
      "A \(model.options.model) of \(classes) in ONNX (operators of version "
        + "\(ONNXModel.operatorVersion), format \(ONNXModel.formatVersion)), its batch norms folded. The "
        + "input `images` is float32 [N, \(model.input.channels), \(model.input.size), "
        + "\(model.input.size)], \(normalizes ? "values from 0 to 1, which the model normalises itself" : "normalised as below"); "
        + "the output `logits` is [N, \(model.options.classCount)]. The model's metadata has the names of the "
        + "classes and what it sees, in JSON."
    case .pytorch: "A \(model.options.model) of \(classes): its weights, and the network in Python."
    case .timm: "A \(model.options.model) of \(classes), as timm keeps it."
    }
  }

  private var use: String {
    switch target {
    case .onnx:
      """
      ```python
      import onnxruntime
      session = onnxruntime.InferenceSession("model.onnx")
      logits, = session.run(["logits"], {"images": pictures})
      ```
      """
    case .pytorch:
      """
      ```python
      from model import load, pixels
      network = load()  # a torch.nn.Module
      logits = network(pixels("picture.jpg"))
      ```

      `python model.py picture.jpg` prints the best classes. Elsewhere, in this folder:

      \(model.usesElsewhere(at: "."))
      """
    case .timm:
      model.useInTimm(at: ".") + "\n\nElsewhere, in this folder:\n\n" + model.usesElsewhere(at: ".")
    }
  }
}
