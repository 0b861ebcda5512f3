import Testing

@testable import Torch

@Suite("Global pooling")
struct GlobalPoolingTests {
  @Test("the mean and the largest of each channel")
  func values() throws {
    let picture = try Tensor([0, 1, 2, 5, -4, -3, -2, -7] as [Float], shape: [1, 2, 2, 2])
    let pass = Pass(.evaluation)
    #expect(try picture.globalAveragePooled(pass).array() == [2, -4] as [Float])
    #expect(try picture.globalMaxPooled(pass).array() == [5, -2] as [Float])
    #expect(try picture.globalMaxPooled(pass).shape == [1, 2])
    #expect(throws: TorchError.self) {
      try Tensor([1] as [Float], shape: [1, 1]).globalMaxPooled(pass)
    }
  }
}
