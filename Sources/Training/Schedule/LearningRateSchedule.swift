import Foundation

/// The learning rate as a pure function of the step.
///
/// A linear warm-up from `warmUpFrom` to `peak`, then the schedule. With `halving`, the k-th of
/// `halvings` drops is at step ⌈k·steps/(halvings+1)⌉, counted from the first step, so the length is
/// cut into halvings+1 equal segments and the last rate is peak/2^halvings (arXiv:1905.00546,
/// section 4: 0.1 to 0.6, then halved at 13 equal intervals).
///
/// ```swift
/// let plan = try TrainingPlan(.pretraining, imageCount: 16_000_000)
/// plan.schedule.rate(atStep: 0)  // 0.1
/// ```
public struct LearningRateSchedule: Equatable, Sendable {
  /// What the rate does after the warm-up; steps are counted from 0.
  public enum Shape: Equatable, Sendable {
    /// Halved this often, at equal intervals.
    case halving(Int)
    /// Multiplied by the factor at each of the steps, which ascend.
    case drops(atSteps: [Int], factor: Double)
    /// Half a cosine from the end of the warm-up to 0 after the last step.
    case cosine
    /// The peak, always.
    case constant
  }

  /// A step at which the rate changes its course, and the rate there.
  public struct Corner: Equatable, Sendable {
    /// The step, counted from 0.
    public let step: Int
    /// The learning rate of that step.
    public let rate: Double
  }

  /// How many steps there are.
  public let steps: Int
  /// How many of them are the warm-up.
  public let warmUpSteps: Int
  /// The rate of step 0 when there is a warm-up.
  public let warmUpFrom: Double
  /// The rate after the warm-up.
  public let peak: Double
  /// What the rate does then.
  public let shape: Shape

  /// Makes the schedule of `steps` steps; a warm-up never starts above `peak`.
  public init(steps: Int, warmUpSteps: Int, warmUpFrom: Double, peak: Double, shape: Shape) {
    self.steps = max(steps, 1)
    self.warmUpSteps = min(max(warmUpSteps, 0), self.steps)
    self.warmUpFrom = min(warmUpFrom, peak)
    self.peak = peak
    self.shape =
      if case .halving(let halvings) = shape { .halving(max(halvings, 0)) } else { shape }
  }

  /// The learning rate of `step`, counted from 0; steps outside the length get its ends' rates.
  public func rate(atStep step: Int) -> Double {
    let step = min(max(step, 0), steps - 1)
    if step < warmUpSteps {
      return warmUpFrom + (peak - warmUpFrom) * Double(step) / Double(warmUpSteps)
    }
    switch shape {
    case .halving(let halvings):
      return peak * pow(0.5, Double(step * (halvings + 1) / steps))
    case .drops(let dropSteps, let factor):
      return peak * pow(factor, Double(dropSteps.count { $0 <= step }))
    case .cosine:
      let part = Double(step - warmUpSteps) / Double(steps - warmUpSteps)
      return peak * 0.5 * (1 + cos(Double.pi * part))
    case .constant:
      return peak
    }
  }

  /// Where the rate changes its course: the start, the end of the warm-up, each drop; ascending.
  public var corners: [Corner] {
    var places = [0, warmUpSteps]
    switch shape {
    case .halving(let halvings):
      places += (0..<halvings).map { drop in
        let numerator = (drop + 1) * steps
        return (numerator + halvings) / (halvings + 1)
      }
    case .drops(let dropSteps, _):
      places += dropSteps
    case .cosine:
      places.append(steps - 1)
    case .constant:
      break
    }
    return Set(places).filter { $0 < steps && ($0 >= warmUpSteps || $0 == 0) }.sorted()
      .map { Corner(step: $0, rate: rate(atStep: $0)) }
  }
}
