import Testing

@testable import Torch

@Suite("Kernels in use")
struct KernelsTests {
  private let features = "avx2+avx512f+avx512_vnni+avx512_bf16+amx_bf16"

  @Test(
    "the environment may limit them",
    arguments: [
      ("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16", "avx2+avx512f+avx512_vnni+avx512_bf16"),
      ("ONEDNN_MAX_CPU_ISA", "avx512_core_vnni", "avx2+avx512f+avx512_vnni"),
      ("ONEDNN_MAX_CPU_ISA", "AVX512_CORE", "avx2+avx512f"), ("DNNL_MAX_CPU_ISA", "AVX2", "avx2"),
      ("ONEDNN_MAX_CPU_ISA", "ALL", "avx2+avx512f+avx512_vnni+avx512_bf16+amx_bf16"),
      ("OTHER", "AVX2", "avx2+avx512f+avx512_vnni+avx512_bf16+amx_bf16"),
    ])
  func limited(name: String, value: String, rest: String) {
    let found = CPU.kernelsInUse(of: features, environment: [name: value])
    #expect(found.split(separator: " on ").last.map(String.init) == rest)
    // An older processor has the same where that is all that is used.
    #expect(CPU.kernelsInUse(of: rest, environment: [name: value]) == found)
  }

  @Test("without any feature libtorch's own are named alone")
  func none() {
    let found = CPU.kernelsInUse(of: features, environment: ["ONEDNN_MAX_CPU_ISA": "SSE41"])
    #expect(!found.isEmpty && !found.contains(" "))
  }
}
