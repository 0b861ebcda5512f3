import Testing

@testable import Torch

@Suite("TorchError")
struct TorchErrorTests {
  @Test("what is refused is thrown with its operation, shapes and reason", arguments: refusals)
  func refused(_ refusal: Refusal) {
    let error = #expect(throws: TorchError.self) { try refusal.body() }
    #expect(error?.operation == refusal.operation)
    #expect(error?.shapes == refusal.shapes)
    #expect(error?.kind == .invalid)
    #expect(error?.message.isEmpty == false)
    #expect(error?.message.contains("\n") == false)
  }

  @Test("the description is one line: operation, shapes, reason")
  func description() {
    let error = TorchError("matmul", shapes: [[2, 3], [4, 5]], message: "they do not fit")
    #expect("\(error)" == "matmul of [2, 3], [4, 5]: they do not fit")
    #expect("\(TorchError("sgd", message: "no"))" == "sgd: no")
  }

  @Test("an allocation beyond all memory is out of memory, and the next one works")
  func outOfMemory() throws {
    // 2^56 bytes are more than an x86-64 process can address.
    let error = #expect(throws: TorchError.self) { try Tensor.empty([1 << 54]) }
    #expect(error?.kind == .outOfMemory)
    #expect(error?.operation == "empty")
    #expect(error?.shapes == [[1 << 54]])
    // Two vectors that are never touched, whose outer sum has 2^54 elements.
    let side = try Tensor.empty([1 << 27])
    let column = try side.reshaped(to: [-1, 1])
    let sum = #expect(throws: TorchError.self) { try column.adding(side) }
    #expect(sum?.kind == .outOfMemory)
    #expect(sum?.shapes == [[1 << 27, 1], [1 << 27]])
    #expect(try Tensor.full([3], 1).sum().item() == 3)
  }

  @Test("after a failed body autocast is off and gradients are recorded again")
  func statesAreRestored() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) {
      try withAutocast(.bf16, on: .cpu) { try withoutGradients { throw Stop() } }
    }
    let leaf = try Tensor.full([2, 2], 1).leaf()
    let product = try leaf.matrixProduct(leaf)
    #expect(product.dtype == .float32)
    try product.sum().backward()
    #expect(try leaf.gradient() != nil)
  }
}
