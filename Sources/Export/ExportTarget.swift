/// What a model can be written for.
public enum ExportTarget: String, CaseIterable, Sendable {
  /// ONNX Runtime and what else reads ONNX: one file, batch norms folded, for any number of pictures.
  case onnx
  /// PyTorch: a state dictionary, and the network in Python.
  case pytorch
  /// timm, and what else reads its folders: weights in safetensors and a description.
  case timm
}
