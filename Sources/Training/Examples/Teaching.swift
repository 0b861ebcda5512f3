public import Models
import Torch

/// A trained network whose probabilities for each view of a picture are what another one learns, in place of labels:
/// knowledge distillation (arXiv:1503.02531), and on a network's own labelled pictures label refinement
/// (arXiv:1805.02641).
///
/// Both see the very same pixels, so that a view that shows nothing of the picture's class is not taught as if it did.
public struct Teaching {
  /// The network that knows, which stays as it is.
  public var teacher: any Network
  /// What its logits are divided by before their softmax.
  public var temperature: Double

  /// Learning what `teacher` says.
  public init(from teacher: any Network, temperature: Double = 1) {
    self.teacher = teacher
    self.temperature = temperature
  }

  /// What distinguishes it from another one.
  var identity: String {
    get throws {
      let sum = try Tensor.checksum(of: teacher.weights.state.map(\.tensor))
      return "\(temperature) \(String(sum, radix: 16))"
    }
  }
}

/// The teacher of a training, folded for its precision, once for each replica that computes at the same time.
final class Teachers {
  private let networks: [any Network]
  private let temperature: Double
  private let precision: Precision

  /// So many of them.
  /// - Throws: `TrainingError.usage` where there can be one only; `TorchError`.
  init(_ teaching: Teaching, count: Int, precision: Precision, title: String) throws {
    temperature = teaching.temperature
    self.precision = precision
    networks =
      count == 1
      ? [teaching.teacher]
      : try (0..<count).map { _ in
        guard let replica = try teaching.teacher.replica() else {
          throw TrainingError.usage(
            "\(title): its teacher cannot be made twice; leave replicas out")
        }
        return replica
      }
    for network in networks { try network.fold(precision: precision) }
  }

  deinit { for network in networks { network.unfold() } }

  /// The probabilities [N, classes] of `pictures`.
  /// - Throws: `TorchError`.
  func probabilities(of pictures: Tensor, replica: Int) throws -> Tensor {
    try withoutGradients {
      try networks[replica](pictures, Pass(.evaluation, precision: precision))
        .scaled(by: 1 / temperature).softmax()
    }
  }
}
