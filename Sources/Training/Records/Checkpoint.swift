/// The state of a training: one safetensors file of weights, batch-norm statistics, momenta and
/// the weights' average where there is one, whose metadata holds the position.
///
/// The state of the data is a function of the position alone, so this is all there is to save.
struct Checkpoint: Codable {
  /// Steps done.
  var step = 0
  /// Sums since the last row of metrics.csv.
  var sums = Sums()
  /// Steps in a row whose loss or gradients were not finite.
  var badSteps = 0
  /// Seconds spent, over all resumptions.
  var seconds = 0.0

  struct Sums: Codable {
    var loss = 0.0
    var correct = 0
    var images = 0
    /// What became of pictures without labels; nil where the training has none.
    var pseudoLabels: PseudoLabels.Counts?
  }
}
