import CTorch
import Foundation

/// The precision that networks compute in; weights, losses and last layers are always float32.
public enum Precision: String, Sendable, CaseIterable {
  /// Convolutions and matrix products in bfloat16, as `torch.autocast` does it.
  case bf16
  /// Everything in float32.
  case float32
  /// Folded convolutions in bytes, in evaluation alone: what they see and make is calibrated first
  /// (`ActivationRanges`), and what is no such convolution computes in `rest`.
  case int8

  /// What computes beside convolutions of bytes: bf16 where the hardware has it, else float32; of the other
  /// precisions they themselves.
  public var rest: Precision { self == .int8 ? .best(on: .cpu) : self }

  /// bf16 where the hardware multiplies it, else float32.
  public static func best(on device: Device) -> Precision {
    if device.kind == .cuda { return .bf16 }
    return CPU.flags.contains("avx512_bf16") || CPU.flags.contains("amx_bf16") ? .bf16 : .float32
  }
}

/// What this machine's processor is and can do.
public enum CPU {
  /// The features that the system lists for the first core.
  public static let flags: Set<String> = Set(
    (field("flags") ?? field("Features") ?? "").split(separator: " ").map(String.init))

  /// The processor's name.
  public static let name = field("model name") ?? "unknown"

  /// The features that change which kernels run, and so the last bits of a result, in one word.
  public static var kernels: String {
    ["avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16"].filter(flags.contains)
      .joined(separator: "+")
  }

  /// Which of libtorch's own kernels compute in this process, which `ATEN_CPU_CAPABILITY` may limit: "AVX512".
  public static var capability: String { String(cString: ctorch_cpu_capability()) }

  /// Whether oneDNN has kernels in bfloat16 for this processor; elsewhere libtorch's own compute it.
  static let packsBFloat16 =
    ["avx512bw", "avx512vl", "avx512dq"].allSatisfy(flags.contains)
    || flags.contains("avx_ne_convert") || flags.contains("bf16")

  private static func field(_ name: String) -> String? {
    guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
      return nil
    }
    for line in text.split(separator: "\n") where line.hasPrefix(name) {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 { return parts[1].trimmingCharacters(in: .whitespaces) }
    }
    return nil
  }
}

/// Runs `body` with convolutions and matrix products in `precision` on `device`.
/// - Throws: what `body` throws, or `TorchError`.
public func withAutocast<Result>(
  _ precision: Precision, on device: Device, _ body: () throws -> Result
) throws -> Result {
  guard precision.rest == .bf16, device != .meta else { return try body() }
  let dtype = DType.bfloat16.code
  try check("autocast", ctorch_set_autocast(device.code, dtype, true))
  defer { _ = ctorch_set_autocast(device.code, dtype, false) }
  return try body()
}
