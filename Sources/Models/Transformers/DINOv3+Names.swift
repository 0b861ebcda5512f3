import Files
public import Torch

extension DINOv3 {
  /// `file` under timm's names where it has DINOv3's own.
  /// - Throws: `FileError` when it has biases of queries and values, which the network has not.
  public func adapted(_ file: any WeightsFile) throws -> any WeightsFile {
    guard let prefix = file.prefix(before: "storage_tokens") else { return file }
    for name in file.names where name.hasSuffix(".attn.qkv.bias") {
      // Those of the keys are masked; the others are 0 in what was distilled.
      guard let width = file.shape(of: name)?.first, width % 3 == 0 else { continue }
      let bias = try file.tensor(name).to(.float32).array(of: Float.self)
      guard (bias[..<(width / 3)] + bias[(2 * width / 3)...]).allSatisfy({ $0 == 0 }) else {
        throw FileError(
          "load weights from", file.path, code: 0,
          detail: "\(name) is not 0, and the network has no such biases")
      }
    }
    return AdaptedWeights(file) { name in
      guard name.hasPrefix(prefix) else { return name }
      let own = name.dropFirst(prefix.count)
      // Of pretraining, and what timm computes.
      let isLeftOut =
        own == "mask_token" || own.hasPrefix("local_cls_norm") || own.hasPrefix("projectors.")
        || [".periods", ".bias_mask", ".attn.qkv.bias"].contains { own.hasSuffix($0) }
      return isLeftOut
        ? nil
        : name.replacing("storage_tokens", with: "reg_token")
          .replacing(".ls1.gamma", with: ".gamma_1").replacing(".ls2.gamma", with: ".gamma_2")
    }
  }
}
