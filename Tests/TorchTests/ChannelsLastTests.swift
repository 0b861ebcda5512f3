import Testing

@testable import Torch

@Suite("Channels last")
struct ChannelsLastTests {
  @Test("the elements are the same, only their places in memory change")
  func elements() throws {
    let values = (0..<24).map(Float.init)
    let rows = try Tensor(values, shape: [1, 2, 3, 4])
    let last = try rows.channelsLast()
    #expect(!rows.isChannelsLast)
    #expect(last.isChannelsLast)
    #expect(last.shape == [1, 2, 3, 4])
    #expect(try last.array() == values)
    #expect(try Tensor.empty([1, 2, 3, 4, 5]).channelsLast().isChannelsLast)
    #expect(try Tensor.full([2, 3], 0).isChannelsLast == false)
  }

  @Test("bytes of pictures, channels last, need no copy to become such tensors")
  func fromBytes() throws {
    let bytes = try Tensor([UInt8](repeating: 1, count: 2 * 5 * 5 * 3), shape: [2, 5, 5, 3])
    let pictures = try bytes.to(.float32).permuted([0, 3, 1, 2])
    #expect(pictures.isChannelsLast)
    #expect(try pictures.scaled(by: 2, plus: 1).isChannelsLast)
  }

  @Test(
    "every layer keeps them, whatever the precision",
    arguments: Precision.allCases, [Pass.Mode.training, .evaluation])
  func layers(_ precision: Precision, _ mode: Pass.Mode) throws {
    let store = try ParameterStore(seed: 0)
    let layer = try ConvNorm(
      store.root / "c", store.root / "n", from: 4, to: 8, kernel: 3, groups: 2)
    let again = try ConvNorm(store.root / "c2", store.root / "n2", from: 8, to: 8, kernel: 1)
    #expect(layer.convolution.weight.isChannelsLast)
    let pass = Pass(mode, precision: precision)
    let x = try Tensor.full([2, 4, 6, 6], 1).channelsLast()
    try withAutocast(precision, on: .cpu) {
      let y = try layer(x, pass)
      #expect(y.isChannelsLast)
      #expect(try again(y, pass, adding: y.scaled(by: 1)).isChannelsLast)
      #expect(try y.maxPooled(kernel: 2, stride: 2, padding: 0, pass).isChannelsLast)
    }
    try layer.fold(precision: precision)
    let input = precision == .bf16 ? try x.to(.bfloat16) : x
    #expect(try layer(input, Pass(.evaluation, precision: precision)).isChannelsLast)
  }

  @Test("gradients and momenta of a convolution lie as its weight does")
  func gradients() throws {
    let store = try ParameterStore(seed: 0)
    let layer = try Conv2d(store.root / "c", from: 4, to: 8, kernel: 3)
    try layer(Tensor.full([2, 4, 6, 6], 1), .training).sum().backward()
    #expect(try layer.weight.gradient()?.isChannelsLast == true)
    #expect(try SGD(store.parameters).state[0].tensor.isChannelsLast)
  }
}
