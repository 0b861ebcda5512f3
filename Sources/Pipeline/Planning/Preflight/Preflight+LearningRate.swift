import Files
import Recipes
import Training

extension Preflight {
  /// Notes where a learning rate, or an average, does not do what its settings seem to say.
  mutating func warn(of plan: TrainingPlan, _ training: Recipe.Training, key: String) {
    let (schedule, steps) = (plan.schedule, plan.steps)
    if !plan.unreachedDrops.isEmpty {
      let names = plan.unreachedDrops.map(String.init).joined(separator: ", ")
      // Few and large steps: the drop's own epoch is trained, but in the last of them.
      let isWithin = plan.unreachedDrops.contains { Double($0) < plan.passes }
      warn(
        isWithin
          ? "\(key) takes \(Format.counted(steps, "step", "steps")) of \(Format.count(plan.batch)) "
            + "images, and the drop after \(names) epochs falls behind the last; lower \(key).batch, or "
            + "\(key).drops"
          : "\(key) is over after \(Format.significant(plan.passes, 3)) epochs, so that the learning "
            + "rate never drops at \(names); lower \(key).drops, or raise \(key).epochs",
        key: "\(key).drops")
    }
    if schedule.peak < LearningRateSchedule.smallest {
      warn(
        "\(key).learningRate is \(schedule.peak), which is too little to change a float32 weight; raise "
          + "it",
        key: "\(key).learningRate")
    } else if let end = schedule.end {
      let setting = training.schedule == .halving ? "halvings" : "drops"
      let value = training.schedule == .halving ? "\(training.halvings)" : "\(training.drops)"
      warn(
        "\(key): from step \(Format.count(end.step)) of \(Format.count(steps)) on the learning rate is "
          + "\(Format.significant(end.rate, 2)) and less, too little to change a float32 weight; "
          + "\(setting == "halvings" ? "lower" : "shorten") \(key).\(setting) (\(value))",
        key: "\(key).\(setting)")
    } else if training.schedule == .halving, training.halvings >= steps {
      warn(
        "\(key): \(Format.counted(steps, "step", "steps")) cannot hold \(training.halvings) halvings, so "
          + "that several are made at once; lower \(key).halvings, or raise the budget",
        key: "\(key).halvings")
    }
    if training.ema > 0, !training.emaWarmUp, 1 / (1 - training.ema) > Double(steps) / 2 {
      warn(
        "\(key).ema \(training.ema) averages over some \(Format.count(1 / (1 - training.ema))) steps, and "
          + "there are \(Format.count(steps)): weights that have learnt little weigh in it; lower it, or set "
          + "\(key).emaWarmUp",
        key: "\(key).ema")
    }
    guard let first = schedule.firstDrop, first < schedule.warmUpSteps else {
      guard 2 * schedule.warmUpSteps > steps else { return }
      warn(
        "\(key): the warm-up takes \(Format.count(schedule.warmUpSteps)) of "
          + "\(Format.counted(steps, "step", "steps")); lower \(key).warmUpImages, or raise the budget",
        key: "\(key).warmUpImages")
      return
    }
    warn(
      "\(key): the warm-up takes \(Format.count(schedule.warmUpSteps)) of "
        + "\(Format.counted(steps, "step", "steps")) and the first drop is at step "
        + "\(Format.count(first)), so that the rate falls as soon as it is up; lower "
        + "\(key).warmUpImages",
      key: "\(key).warmUpImages")
  }
}

extension LearningRateSchedule {
  /// A weight of 1 has its neighbours 6e-8 away in float32, and a smaller one's gradient times this is
  /// seldom more than that.
  static let smallest = 1e-8

  /// The first drop's step; nil where the rate does not fall by drops.
  fileprivate var firstDrop: Int? {
    switch shape {
    case .halving(let halvings): halvings > 0 ? (steps + halvings) / (halvings + 1) : nil
    case .drops(let places, _): places.first { $0 < steps }
    case .cosine, .constant: nil
    }
  }

  /// Where the rate has dropped to so little that training is over; nil where it never does. A cosine's
  /// last steps are meant to.
  fileprivate var end: Corner? {
    shape == .cosine
      ? nil : corners.first { $0.step >= warmUpSteps && $0.rate < Self.smallest }
  }
}
