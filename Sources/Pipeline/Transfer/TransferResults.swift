import Files
import Foundation
public import Training

/// `results.json`: what a transfer came to. Keys may be added, not renamed; accuracies in percent.
public struct TransferResults: Codable, Sendable {
  /// One setting, as it did on training pictures that were held out.
  public struct Trial: Codable, Sendable, Equatable {
    /// The highest learning rate; nil of a layer that is trained to its optimum.
    public var learningRate: Double?
    /// The weight decay.
    public var weightDecay: Double
    /// How the rate falls.
    public var schedule: String?
    /// Top-1 on the pictures that were held out; nil where the training diverged.
    public var heldOutTop1: Double?
    /// Why it has none.
    public var failure: String?
    /// What it took.
    public var seconds: Double?

    enum CodingKeys: String, CodingKey {
      case schedule, failure, seconds
      case learningRate = "learning_rate"
      case weightDecay = "weight_decay"
      case heldOutTop1 = "held_out_top1"
    }
  }

  /// A vote of the nearest training pictures, by the features that the network had before.
  public struct Neighbours: Codable, Sendable, Equatable {
    /// How many vote.
    public var count: Int
    /// What similarities are divided by.
    public var temperature: Double
    /// At how many training pictures it is right when each is left out in turn.
    public var heldOutTop1: Double?
    /// At how many test pictures.
    public var testTop1: Double?

    enum CodingKeys: String, CodingKey {
      case count, temperature
      case heldOutTop1 = "held_out_top1"
      case testTop1 = "test_top1"
    }
  }

  /// The model that it starts from, and the pictures that it learns.
  public var model, data: String
  /// What was trained.
  public var mode: TransferMode
  /// Where it is kept.
  public var out: String
  /// The network.
  public var network: String
  /// How many classes there are.
  public var classes: Int
  /// How many training pictures, in all.
  public var trainedOn: Int
  /// How many test pictures were measured; nil where there are none.
  public var testPictures: Int?
  /// Of which so many could not be read.
  public var testUnreadable: Int?
  /// Those among the test pictures that show what a training picture shows.
  public var testInTraining: Int?
  /// What was tried, in the order of the trials.
  public var trials: [Trial]
  /// What was chosen.
  public var chosen: Trial
  /// Top-1 and top-5 of the model on the test pictures; nil where there are none, or under five classes.
  public var testTop1, testTop5: Double?
  /// The vote of neighbours beside it.
  public var neighbours: Neighbours
  /// What everything random followed from.
  public var seed: Int
  /// What it took, over all resumptions.
  public var seconds: Double
  /// Where and how it was computed.
  public var device, precision, libtorch: String
  /// What these results depend on, in one word.
  var identity: String

  enum CodingKeys: String, CodingKey {
    case model, data, mode, out, network, classes, trials, chosen, neighbours, seed, seconds
    case device, precision, libtorch, identity
    case trainedOn = "trained_on"
    case testPictures = "test_pictures"
    case testUnreadable = "test_unreadable"
    case testInTraining = "test_in_training"
    case testTop1 = "test_top1"
    case testTop5 = "test_top5"
  }

  static func path(in folder: String) -> String { "\(folder)/results.json" }
}

extension TransferResults {
  /// The trials as rows of a table, the first of them its head; the chosen one is marked.
  public var trialRows: [[String]] {
    let hasRates = trials.contains { $0.learningRate != nil }
    let head =
      (hasRates ? ["learning rate"] : []) + ["weight decay"]
      + (hasRates ? ["schedule"] : []) + ["held out %", ""]
    return [head]
      + trials.map { trial in
        let rate = hasRates ? [trial.learningRate.map { Format.significant($0, 3) } ?? "-"] : []
        let schedule = hasRates ? [trial.schedule ?? "-"] : []
        let result = trial.heldOutTop1.map { Format.fixed($0, 2) }
        return rate + [Format.significant(trial.weightDecay, 3)] + schedule
          + [result ?? (trial.failure == nil ? "-" : "diverged"), trial == chosen ? "chosen" : ""]
      }
  }

  /// The accuracies as rows of a table, the first of them its head.
  public var resultRows: [[String]] {
    func percent(_ value: Double?) -> String { value.map { Format.fixed($0, 2) } ?? "-" }
    let name = mode == .full ? "the whole network, fine-tuned" : "a linear layer on its features"
    let vote =
      "a vote of the \(Format.count(neighbours.count)) nearest by its features"
    return [
      ["", "held out %", "test %"],
      [name, percent(chosen.heldOutTop1), percent(testTop1)],
      [vote, percent(neighbours.heldOutTop1), percent(neighbours.testTop1)],
    ]
  }
}
