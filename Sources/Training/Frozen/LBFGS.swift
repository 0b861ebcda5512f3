import Torch

/// Minimises a smooth convex function of a tensor: the limited-memory method of Broyden, Fletcher, Goldfarb
/// and Shanno (Liu and Nocedal, Mathematical Programming 45, 1989), which steps along the gradient as the
/// last steps say that it bends.
struct LBFGS {
  /// How many of the last steps are remembered.
  var memory = 10
  /// The most steps.
  var mostSteps = 1_000
  /// It ends where the gradient's length is no more than this.
  var tolerance = 1e-6

  /// Where it ended.
  struct Minimum {
    var place: Tensor
    var value: Double
    var steps: Int
    /// Whether the gradient is as small as was asked for.
    var isReached: Bool
  }

  /// A step and what the gradient changed by on it.
  private struct Step {
    let place, gradient: Tensor
    /// Their product, inverted.
    let curvature: Double
  }

  /// The minimum of `function`, which gives a value and a gradient, near `start`.
  /// - Throws: `TorchError`, what `function` throws.
  func minimum(
    from start: Tensor, of function: (Tensor) throws -> (value: Double, gradient: Tensor)
  ) throws -> Minimum {
    var place = start
    var (value, gradient) = try function(place)
    var steps: [Step] = []
    for step in 0..<mostSteps {
      let length = try gradient.dot(gradient).squareRoot()
      guard length > tolerance else {
        return Minimum(place: place, value: value, steps: step, isReached: true)
      }
      let direction = try direction(along: gradient, after: steps)
      let slope = try direction.dot(gradient)
      var size = steps.isEmpty ? min(1, 1 / length) : 1
      var next = (place, value, gradient)
      // Halved until the value falls as the slope promises; at the last digits nothing does.
      var isLower = false
      for _ in 0..<40 where !isLower {
        let tried = try place.adding(direction.scaled(by: size))
        let found = try function(tried)
        isLower = found.value <= value + 1e-4 * size * slope
        if isLower { next = (tried, found.value, found.gradient) } else { size /= 2 }
      }
      guard isLower else {
        return Minimum(place: place, value: value, steps: step, isReached: false)
      }
      let moved = try next.0.subtracting(place)
      let bent = try next.2.subtracting(gradient)
      let product = try moved.dot(bent)
      if product > 1e-300 {
        steps.append(Step(place: moved, gradient: bent, curvature: 1 / product))
        if steps.count > memory { steps.removeFirst() }
      }
      (place, value, gradient) = next
    }
    return Minimum(place: place, value: value, steps: mostSteps, isReached: false)
  }

  /// The negative gradient, bent as the last steps say.
  private func direction(along gradient: Tensor, after steps: [Step]) throws -> Tensor {
    var direction = gradient
    var factors: [Double] = []
    for step in steps.reversed() {
      let factor = try step.curvature * step.place.dot(direction)
      direction = try direction.subtracting(step.gradient.scaled(by: factor))
      factors.append(factor)
    }
    if let last = steps.last {
      direction = try direction.scaled(
        by: 1 / (last.curvature * last.gradient.dot(last.gradient)))
    }
    for (step, factor) in zip(steps, factors.reversed()) {
      let other = try step.curvature * step.gradient.dot(direction)
      direction = try direction.adding(step.place.scaled(by: factor - other))
    }
    return try direction.scaled(by: -1)
  }
}

extension Tensor {
  /// The sum of the products, element by element.
  fileprivate func dot(_ other: Tensor) throws -> Double {
    try multiplied(by: other).sum().item()
  }
}
