import Testing
import Torch

/// oneDNN's weight gradient writes beyond its memory for some of these; ours takes another way there.
@Suite("Strided 1×1 convolutions")
struct StridedPointwiseTests {
  @Test(
    "equal the 3×3 ones whose outer weights are zero, with every gradient",
    arguments: [1, 3, 8, 15, 16, 24], [[2, 2], [1, 2], [3, 1]])
  func pictures(_ channels: Int, _ stride: [Int]) throws {
    let generator = try RandomGenerator(seed: 1)
    func draw(_ shape: [Int]) throws -> Tensor {
      let tensor = try Tensor.empty(shape)
      try tensor.fillNormal(deviation: 1, from: generator)
      return tensor
    }
    let point = try draw([20, channels, 1, 1])
    var wide = [Float](repeating: 0, count: 20 * channels * 9)
    for (place, value) in try point.array(of: Float.self).enumerated() {
      wide[place * 9 + 4] = value
    }
    let pictures = try draw([3, channels, 10, 9])

    func run(_ weight: Tensor, padding: Int) throws -> (y: Tensor, x: Tensor, weight: Tensor) {
      let weight = try weight.channelsLast().leaf()
      let x = try pictures.channelsLast().leaf()
      let y = try x.convolved(with: weight, stride: stride, padding: [padding, padding])
      try y.multiplied(by: y).sum().backward()
      return (y, x, weight)
    }
    let ours = try run(point, padding: 0)
    let other = try run(Tensor(wide, shape: [20, channels, 3, 3]), padding: 1)
    try expect(ours.y, equals: other.y)
    let toImages = try #require(try other.x.gradient())
    try expect(ours.x.gradient(), equals: toImages)
    let toWeight = try #require(try other.weight.gradient())
    let centre = try toWeight.narrowed(axis: 2, to: 1..<2).narrowed(axis: 3, to: 1..<2)
    try expect(ours.weight.gradient(), equals: centre)
  }

  @Test("clips too", arguments: [2, 16])
  func clips(_ channels: Int) throws {
    let clip = try Tensor(
      (0..<channels * 5 * 4 * 3).map { Float($0 % 11) }, shape: [1, channels, 5, 4, 3])
    let weight = try Tensor.full([1, channels, 1, 1, 1], 1)
    let y = try clip.convolved(with: weight, stride: [2, 1, 2], padding: [0, 0, 0])
    #expect(y.shape == [1, 1, 3, 4, 2])
    // The sum over channels c of element (c, 2t, h, 2w).
    var expected: [Float] = []
    for t in 0..<3 {
      for h in 0..<4 {
        for w in 0..<2 {
          let sum = (0..<channels).reduce(0) { $0 + ((($1 * 5 + 2 * t) * 4 + h) * 3 + 2 * w) % 11 }
          expected.append(Float(sum))
        }
      }
    }
    try expect(y, equals: Tensor(expected, shape: [1, 1, 3, 4, 2]))
  }
}
