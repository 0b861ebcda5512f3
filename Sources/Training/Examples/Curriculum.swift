import Files
import Foundation
import Torch

/// The thresholds of a consistent training, one a class.
///
/// Where they are flexible, a class has a lower one as long as few pictures have got its label: B. Zhang et al.,
/// "FlexMatch: Boosting Semi-Supervised Learning with Curriculum Pseudo Labeling" (arXiv:2110.08263). Each unlabelled
/// picture keeps the class of its last guess that reached τ; with σ(c) pictures of class c and u of none yet,
/// β(c) = σ(c) / max(maxₓ σ(x), u), and the class's threshold is τ · β(c) / (2 − β(c)), as the authors' code has it.
/// That takes 4 bytes a picture.
final class Curriculum {
  /// A guess that reached τ.
  struct Guess: Codable, Equatable {
    /// The part of the batch that it is of.
    let part: Int
    /// The picture.
    let index: Int
    /// The class.
    let label: Int
  }

  /// The class of each picture's last guess, -1 where it had none; nothing where thresholds are fixed.
  private var labels: [Float]
  /// How many pictures have each class, and at the end none.
  private var counts: [Int]
  private let threshold: Double
  private let device: Device
  /// The classes' thresholds in the step that is computed.
  private(set) var thresholds: Tensor
  /// What a checkpoint holds of `labels`.
  private let kept: Tensor?
  private let lock = NSLock()
  private var noted: [Guess] = []

  /// Whether thresholds change.
  var isFlexible: Bool { kept != nil }

  /// That of a training on so many unlabelled pictures of so many classes.
  init(_ settings: ConsistencySettings, pictures: Int, classes: Int, device: Device) throws {
    threshold = settings.threshold
    self.device = device
    let count = settings.flexible ? pictures : 0
    labels = [Float](repeating: -1, count: count)
    counts = [Int](repeating: 0, count: classes) + [count]
    kept = settings.flexible ? try Tensor(labels, shape: [count]) : nil
    thresholds = try Tensor.full([classes], threshold, device: device)
    if isFlexible { try adapt() }
  }

  /// What a checkpoint holds of it.
  var state: [ParameterStore.Named] { kept.map { [("curriculum.labels", $0)] } ?? [] }

  /// Brings `state` up to date, before it is saved or given to other processes.
  func keep() throws {
    try kept?.copy(from: Tensor(labels, shape: [labels.count]))
  }

  /// Goes on from `state`, after that was loaded.
  func restore() throws {
    guard let kept else { return }
    labels = try kept.array()
    counts = [Int](repeating: 0, count: counts.count)
    for label in labels { counts[place(of: Int(label))] += 1 }
    try adapt()
  }

  /// Notes the guesses on `indices` whose probabilities reach τ, from the thread that computes the part.
  func note(_ logits: Tensor, of indices: [Int], part: Int) throws {
    guard isFlexible else { return }
    let (values, places) = try logits.to(.float32).softmax().top(1)
    let (most, classes) = (
      try values.array(of: Float.self), try places.array(of: Int64.self)
    )
    let found = indices.indices.filter { Double(most[$0]) >= threshold }
      .map { Guess(part: part, index: indices[$0], label: Int(classes[$0])) }
    lock.lock()
    defer { lock.unlock() }
    noted += found
  }

  /// Ends a step, whose guesses of all processes count where it was taken.
  func advance(taking: Bool, over group: DistributedGroup?) throws {
    guard isFlexible else { return }
    var guesses = noted
    noted = []
    if let group {
      guesses = try group.gather(JSON.line(guesses), heedsStop: false).flatMap {
        try JSON.read([Guess].self, from: $0)
      }
    }
    guard taking else { return }
    // Threads and processes note them in any order.
    for guess in guesses.sorted(by: { ($0.part, $0.index) < ($1.part, $1.index) }) {
      counts[place(of: Int(labels[guess.index]))] -= 1
      labels[guess.index] = Float(guess.label)
      counts[guess.label] += 1
    }
    try adapt()
  }

  private func place(of label: Int) -> Int { label < 0 ? counts.count - 1 : label }

  private func adapt() throws {
    let most = max(1, counts.max() ?? 1)
    let values = counts.dropLast().map { count -> Float in
      let part = Double(count) / Double(most)
      return Float(threshold * part / (2 - part))
    }
    thresholds = try Tensor(values, shape: [values.count], device: device)
  }
}
