import CTorch

/// libtorch's random numbers from a seed: the same seed gives the same weights.
public final class RandomGenerator {
  let handle: OpaquePointer

  /// Starts the sequence of `seed`.
  /// - Throws: `TorchError`.
  public init(seed: UInt64) throws {
    var handle: OpaquePointer?
    try check("generator", ctorch_generator_make(seed, &handle))
    guard let handle else { throw TorchError("generator", message: "no generator came back") }
    self.handle = handle
  }

  deinit { ctorch_generator_free(handle) }
}

extension Tensor {
  /// Draws every element from a normal distribution.
  /// - Throws: `TorchError` for a tensor that is not of floats on the CPU.
  public func fillNormal(
    mean: Double = 0, deviation: Double, from generator: RandomGenerator
  ) throws {
    try withExtendedLifetime(generator) {
      try check("normal_", [self], ctorch_fill_normal(handle, mean, deviation, generator.handle))
    }
  }

  /// Draws every element uniformly from [low, high).
  /// - Throws: `TorchError` for a tensor that is not of floats on the CPU.
  public func fillUniform(low: Double, high: Double, from generator: RandomGenerator) throws {
    try withExtendedLifetime(generator) {
      try check("uniform_", [self], ctorch_fill_uniform(handle, low, high, generator.handle))
    }
  }
}
