import ArgumentParser
import Torch

/// How many floating-point operations a second the machine reaches in products of large matrices:
/// what a network's layers are measured against.
struct RoofRounds: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "roof")

  @Option(help: "Rows and columns of the matrices.")
  var size = 4096

  @Option(help: "Products in a round.")
  var products = 4

  @Option(help: "bf16 or float32.")
  var precision = Precision.bf16

  func run() throws {
    let random = try RandomGenerator(seed: 0)
    let matrices = try (0..<2).map { _ in
      let matrix = try Tensor.empty([size, size])
      try matrix.fillNormal(deviation: 1, from: random)
      return try matrix.to(precision == .bf16 ? .bfloat16 : .float32)
    }
    let operations = 2 * Double(size) * Double(size) * Double(size)
    try withoutGradients {
      try serve(amount: Double(products) * operations) {
        for _ in 0..<products { _ = try matrices[0].matrixProduct(matrices[1]) }
      }
    }
  }
}
