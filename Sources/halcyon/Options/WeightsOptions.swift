import ArgumentParser

/// What is said of given weights where they do not say it themselves.
struct WeightsOptions: ParsableArguments {
  @Option(
    name: .customLong("model"), parsing: .unconditional,
    help: "The network, as `halcyon models` lists it, where weights fit several.")
  var network: String?

  @Option(
    parsing: .unconditional,
    help: "The side of the network's square input, in pixels (default: the weights').")
  var inputSize: Int?

  func validate() throws {
    if let inputSize, !(1...16_384 ~= inputSize) {
      throw ValidationError("--input-size must be 1 to 16384")
    }
  }
}
