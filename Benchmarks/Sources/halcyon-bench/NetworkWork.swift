public import ArgumentParser
import Models
public import Torch

/// Which network works, and on batches of which shape.
struct NetworkWork: ParsableArguments {
  @Option(help: "A network of the catalogue.")
  var model = "resnet50"

  @Option(help: "Pictures in a batch.")
  var batch = 32

  @Option(help: "Pixels along each side.")
  var size = 224

  @Option(help: "bf16, float32, or int8 where a network is only evaluated.")
  var precision = Precision.bf16

  /// The network, in a process set up as Pipeline's Run does.
  func makeNetwork() throws -> any Network {
    Libtorch.keepMemory()
    return try ModelCatalog.make(NetworkOptions(model: model, inputSize: size))
  }

  /// What one picture costs it.
  func cost() throws -> NetworkCost {
    try ModelCatalog.cost(NetworkOptions(model: model), size: size)
  }

  /// What it sees of a picture: all of it.
  var input: ImageInput {
    var input = ImageInput()
    (input.size, input.resize) = (size, size)
    return input
  }
}

extension Precision: @retroactive ExpressibleByArgument {}
