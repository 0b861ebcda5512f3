/// Weights that an optimiser moves alike.
public struct ParameterGroup {
  /// Which.
  public var parameters: [ParameterStore.Named]
  /// How strongly they are pulled to zero.
  public var weightDecay: Double
  /// What the learning rate is multiplied by for them.
  public var rateFactor: Double

  /// A group of `parameters`.
  public init(
    _ parameters: [ParameterStore.Named], weightDecay: Double, rateFactor: Double = 1
  ) {
    self.parameters = parameters
    self.weightDecay = weightDecay
    self.rateFactor = rateFactor
  }
}
