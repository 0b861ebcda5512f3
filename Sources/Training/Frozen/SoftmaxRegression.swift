import Foundation
package import Torch

/// A linear layer that is trained to its optimum on features that stay as they are: multinomial logistic
/// regression.
///
/// What is minimised is the mean cross-entropy plus λ/2 times the sum of the squared weights, biases left
/// out, of features that are shifted and scaled to mean 0 and deviation 1; shift and scale go into the layer
/// afterwards, which sees features as they are. The function is strictly convex, so there is one optimum,
/// and `LBFGS` reaches it from zero in the same steps each time.
package struct SoftmaxRegression {
  /// [pictures, features + 1] float64: standardised, and a column of ones for the bias.
  private let rows: Tensor
  /// [pictures, classes] float64: 1 at a picture's class.
  private let targets: Tensor
  /// [classes, features + 1] float64: 1 for weights, 0 for biases.
  private let decayed: Tensor
  private let standard: Standard
  private let classes: [Int]
  private let classCount: Int

  /// A layer that was trained.
  package struct Layer {
    /// [classes, features] and [classes], float32.
    package let weight, bias: Tensor
    /// The steps that it took.
    package let steps: Int
    /// Whether it got to the optimum.
    package let isOptimal: Bool
    /// What is minimised, at the end.
    package let objective: Double
    fileprivate let place: Tensor
  }

  /// Of the features [pictures, features] float32 of pictures of these classes.
  /// - Throws: `TorchError` when the shapes do not fit.
  package init(_ features: Tensor, classes: [Int], classCount: Int) throws {
    try self.init(Standard(of: features), features, classes: classes, classCount: classCount)
  }

  private init(
    _ standard: Standard, _ features: Tensor, classes: [Int], classCount: Int
  ) throws {
    let (count, width) = (features.shape[0], features.shape[1])
    self.standard = standard
    self.classes = classes
    self.classCount = classCount
    rows = try Tensor.concatenated(
      [standard(features), Tensor.full([count, 1], 1, dtype: .float64)], axis: 1)
    var targets = [Double](repeating: 0, count: count * classCount)
    for (row, label) in classes.enumerated() { targets[row * classCount + label] = 1 }
    self.targets = try Tensor(targets, shape: [count, classCount])
    decayed = try Tensor.concatenated(
      [
        Tensor.full([classCount, width], 1, dtype: .float64),
        Tensor.full([classCount, 1], 0, dtype: .float64),
      ], axis: 1)
  }

  /// The optimum for a weight decay λ, found from where `start` ended.
  /// - Throws: `TorchError`.
  package func layer(weightDecay: Double, from start: Layer? = nil) throws -> Layer {
    try withoutGradients {
      let zero = try Tensor.full(decayed.shape, 0, dtype: .float64)
      let minimum = try LBFGS().minimum(from: start?.place ?? zero) {
        try objective(at: $0, weightDecay)
      }
      let width = decayed.shape[1] - 1
      let weight = try minimum.place.narrowed(axis: 1, to: 0..<width)
        .divided(by: standard.deviation)
      let shift = try weight.matrixProduct(standard.mean.reshaped(to: [width, 1]))
      let bias = try minimum.place.narrowed(axis: 1, to: width..<width + 1).subtracting(shift)
      return try Layer(
        weight: weight.to(.float32), bias: bias.reshaped(to: [classCount]).to(.float32),
        steps: minimum.steps, isOptimal: minimum.isReached, objective: minimum.value,
        place: minimum.place)
    }
  }

  private func objective(
    at place: Tensor, _ weightDecay: Double
  ) throws -> (value: Double, gradient: Tensor) {
    let count = Double(classes.count)
    let shares = try rows.matrixProduct(place.permuted([1, 0])).softmax()
    let ridge = try place.multiplied(by: decayed)
    let value =
      try loss(shares) + weightDecay / 2 * ridge.multiplied(by: ridge).sum().item()
    let gradient = try shares.subtracting(targets).permuted([1, 0]).matrixProduct(rows)
      .scaled(by: 1 / count).adding(ridge.scaled(by: weightDecay))
    return (value, gradient)
  }

  /// The mean cross-entropy of the shares that classes get.
  private func loss(_ shares: Tensor) throws -> Double {
    let right = try shares.multiplied(by: targets).mean(axes: [1])
      .scaled(by: Double(classCount)).array(of: Double.self)
    return right.reduce(0) { $0 - log(max($1, .leastNormalMagnitude)) } / Double(classes.count)
  }

  /// At how many of these pictures the layer is right, and its mean cross-entropy there.
  /// - Throws: `TorchError`.
  package func score(of layer: Layer) throws -> (correct: Int, loss: Double) {
    try withoutGradients {
      let shares = try rows.matrixProduct(layer.place.permuted([1, 0])).softmax()
      let best = try shares.top(1).indices.array(of: Int64.self)
      return (zip(best, classes).count { Int($0) == $1 }, try loss(shares))
    }
  }

  /// The pictures `indices` alone, standardised as all are.
  /// - Throws: `TorchError`.
  package func part(_ indices: [Int], of features: Tensor) throws -> SoftmaxRegression {
    let width = features.shape[1]
    let all = try features.array(of: Float.self)
    var some: [Float] = []
    some.reserveCapacity(indices.count * width)
    for index in indices { some += all[index * width..<(index + 1) * width] }
    return try SoftmaxRegression(
      standard, Tensor(some, shape: [indices.count, width]),
      classes: indices.map { classes[$0] }, classCount: classCount)
  }
}

/// What shifts and scales features to mean 0 and deviation 1; those that never change are left unscaled.
private struct Standard {
  /// [1, features] float64.
  let mean, deviation: Tensor

  init(of features: Tensor) throws {
    let rows = try features.to(.float64)
    let width = rows.shape[1]
    mean = try rows.mean(axes: [0]).reshaped(to: [1, width])
    let centred = try rows.subtracting(mean)
    let deviations = try centred.multiplied(by: centred).mean(axes: [0]).squareRoot()
      .array(of: Double.self)
    deviation = try Tensor(deviations.map { $0 > 1e-9 ? $0 : 1 }, shape: [1, width])
  }

  func callAsFunction(_ features: Tensor) throws -> Tensor {
    try features.to(.float64).subtracting(mean).divided(by: deviation)
  }
}
