import Foundation
import Training

/// The settings that a sweep of `transfer --mode full` chooses among, and in which order they are tried.
///
/// Any first few of them have each learning rate, each weight decay and each schedule as often as any other, give or
/// take one, so that a sweep of any number of trials covers all of them; a longer one goes on where a shorter one
/// ended. The first is the usual choice.
struct TransferGrid {
  /// Around what is usual for SGD with momentum and batches of 64.
  static let learningRates = [0.01, 0.001, 0.1, 0.003, 0.03]
  static let weightDecays = [1e-4, 1e-3, 1e-5]
  static let schedules: [TrainingSettings.Schedule] = [.cosine, .steps]
  /// How many are tried unless more are asked for.
  static let trials = 10
  /// Passes over the training pictures unless others are asked for, and the part that is held out.
  static let (epochs, heldOut) = (50, 0.2)

  let learningRates, weightDecays: [Double]
  let schedules: [TrainingSettings.Schedule]

  init(_ request: TransferRequest) {
    learningRates = request.learningRates ?? Self.learningRates
    weightDecays = request.weightDecays ?? Self.weightDecays
    schedules = request.schedules ?? Self.schedules
  }

  /// How many there are.
  var count: Int { learningRates.count * weightDecays.count * schedules.count }

  /// The first `trials` of them.
  func first(_ trials: Int) -> [Choice] { (0..<min(trials, count)).map(choice) }

  /// What is tried at `place`: the lists go on beside each other, and where all have come to their ends at once the
  /// later ones are moved on by one.
  private func choice(at place: Int) -> Choice {
    let pairs = learningRates.count * weightDecays.count
    let pair = place % pairs
    func moved(_ place: Int, _ count: Int, beside others: Int) -> Int {
      (place + place / Self.commonMultiple(count, others)) % count
    }
    return Choice(
      learningRate: learningRates[pair % learningRates.count],
      weightDecay: weightDecays[
        moved(pair, weightDecays.count, beside: learningRates.count)],
      schedule: schedules[moved(place, schedules.count, beside: pairs)])
  }

  private static func commonMultiple(_ a: Int, _ b: Int) -> Int {
    func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
    return a / divisor(a, b) * b
  }

  /// One of them.
  struct Choice: Hashable {
    var learningRate, weightDecay: Double
    var schedule: TrainingSettings.Schedule

    /// Its name in file names.
    var name: String { "lr-\(learningRate)-wd-\(weightDecay)-\(schedule.rawValue)" }

    /// `training` with these; without a warm-up, as fine-tuning is, and a tenth of the rate after 3, 6 and 9 tenths
    /// of the epochs, as in the paper's.
    func settings(_ training: TrainingSettings) -> TrainingSettings {
      var training = training
      (training.learningRate, training.weightDecay) = (learningRate, weightDecay)
      training.schedule = schedule
      if schedule == .steps, let epochs = training.epochs {
        let drops = [3, 6, 9].map { epochs * $0 / 10 }.filter { $0 > 0 }
        training.drops = Set(drops).sorted()
      }
      return training
    }
  }
}

/// The weight decays that a linear layer tries: so many, the same factor apart, from 1 to 10⁻⁵.
func linearWeightDecays(_ count: Int) -> [Double] {
  guard count > 1 else { return [1e-3] }
  return (0..<count).map { place in
    // Written as they are told: 0.0316 and not 0.03162277660168379.
    Double(
      String(format: "%.3g", pow(10, -5 * Double(place) / Double(count - 1)))) ?? 1
  }
}
