import ImageData
import Models
import Torch

/// What a network sees of a part of a batch, and what its logits are to become.
struct PartInput {
  /// The pictures, [N, C, H, W]: those with labels, then the strong views of those without.
  let images: Tensor
  /// The rows of the loss.
  let rows: Targets.Rows
  /// How many pictures have labels.
  let labelled: Int
  /// How many pseudo-labels there were; nil where the training has none.
  let pseudoLabels: PseudoLabels?
}

/// Makes the input and the targets of a part of a batch.
///
/// Where the training is to be consistent, the loss of FixMatch (arXiv:2001.07685) is one cross-entropy, a mean over
/// the n = (1 + μ)·B pictures of the part: a labelled picture's target counts 1 + μ times, the pseudo-label of an
/// unlabelled one's weak view λ·(1 + μ)/μ times, and is all zeros below the threshold. That is the mean over the B
/// labelled pictures plus λ times the mean over the μ·B unlabelled ones. As in the authors' code, labelled pictures
/// and strong views pass through the network as one batch; the weak views do so before, without gradients and in
/// the same mode, so that batch norms take their own statistics of them and move the running ones by both.
struct PartInputs {
  let pictures: ImageTensor
  let targets: Targets
  let consistency: (what: Consistency, curriculum: Curriculum)?
  /// Who says what the pictures are to become, in place of their labels; nil where these do.
  let teachers: Teachers?
  let device: Device

  /// What the network sees of the `number`th `part` of a batch, which the `replica`th one computes.
  /// - Throws: `TorchError`.
  func callAsFunction(
    _ part: PartPictures, _ number: Int, _ network: any Network, _ pass: Pass, replica: Int = 0
  ) throws -> PartInput {
    let images = try pictures(part.labelled)
    var rows = try targets.rows(for: part.labelled)
    if let teachers {
      rows = Targets.Rows(
        targets: try teachers.probabilities(of: images, replica: replica), members: rows.members)
    }
    guard let (consistency, curriculum) = consistency, let views = part.views else {
      return PartInput(
        images: images, rows: rows, labelled: part.labelled.count, pseudoLabels: nil)
    }
    let logits = try withoutGradients { try network(pictures(views.weak), pass) }
    let (labels, counts) = try logits.pseudoLabels(
      thresholds: curriculum.thresholds, truth: truth(of: views.weak, consistency))
    try curriculum.note(logits, of: views.weak.indices, part: number)
    return PartInput(
      images: try Tensor.concatenated([images, pictures(views.strong)]),
      rows: try rows.beside(Self.sameOnly(labels, views), consistency.settings),
      labelled: part.labelled.count,
      pseudoLabels: PseudoLabels(views: views.weak.count, counts: counts))
  }

  /// Each picture's class, -1 where it is not known.
  private func truth(of batch: ImageBatch, _ consistency: Consistency) throws -> Tensor {
    let classes = batch.labels.map { Int64(consistency.isTruthKnown ? $0 ?? -1 : -1) }
    return try Tensor(classes, shape: [classes.count], device: device)
  }

  /// No label where another picture stands in for one view than for the other.
  private static func sameOnly(
    _ labels: Tensor, _ views: (weak: ImageBatch, strong: ImageBatch)
  ) throws -> Tensor {
    let same = zip(views.weak.indices, views.strong.indices).map { $0 == $1 ? Float(1) : 0 }
    guard same.contains(0) else { return labels }
    return try labels.multiplied(
      by: Tensor(same, shape: [same.count, 1], device: labels.device))
  }
}

extension Targets.Rows {
  /// These rows of labelled pictures and, below them, `pseudoLabels` of μ times as many, weighted so that the mean over all
  /// is FixMatch's loss.
  /// - Throws: `TorchError`.
  func beside(_ pseudoLabels: Tensor, _ settings: ConsistencySettings) throws -> Self {
    let (group, ratio) = (Double(settings.group), Double(settings.ratio))
    return Self(
      targets: try Tensor.concatenated([
        targets.scaled(by: group), pseudoLabels.scaled(by: settings.weight * group / ratio),
      ]),
      // Of the others none counts as right.
      members: try Tensor.concatenated([
        members,
        Tensor.full(pseudoLabels.shape, 0, device: pseudoLabels.device),
      ]))
  }
}
