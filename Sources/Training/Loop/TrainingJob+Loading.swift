import Files
import ImageData
import Models
import Torch

// What a training sees of its pictures, and in which order it loads them.

extension TrainingJob {
  /// How many pictures a pass over the examples has.
  var imagesPerPass: Int { examples.count * group }

  /// How many pictures it learns from.
  var pictureCount: Int { examples.count + (consistency?.pictures.count ?? 0) }

  /// How many forward passes of a part move batch norms' running statistics.
  var passesPerPart: Int { consistency == nil ? 1 : 2 }

  /// Of so many pictures of a batch one has a label.
  private var group: Int { consistency?.settings.group ?? 1 }

  /// The thresholds of what it learns from unlabelled pictures; nil where there are none.
  func curriculum(on device: Device) throws -> Curriculum? {
    try consistency.map {
      try Curriculum(
        $0.settings, pictures: $0.pictures.count, classes: examples.classCount, device: device)
    }
  }

  /// What makes the input and the targets of a part, as many at the same time as there are replicas.
  func partInputs(
    _ targets: Targets, _ curriculum: Curriculum?, replicas: Int, _ runtime: Runtime
  ) throws -> PartInputs {
    PartInputs(
      pictures: try ImageTensor(input, device: runtime.device), targets: targets,
      consistency: consistency.flatMap { what in curriculum.map { (what, $0) } },
      teachers: try teaching.map {
        try Teachers($0, count: replicas, precision: runtime.precision, title: title)
      }, device: runtime.device)
  }

  /// What loads this process's pictures of all steps, or of `steps`, from `step` on.
  /// - Throws: `TrainingError.usage` where a part cannot have its share of pictures without labels, `ImageDataError`.
  func loader(
    _ plan: TrainingPlan, _ share: PartShare, _ order: any SampleOrder, from step: Int,
    _ runtime: Runtime, _ badSamples: BadSamples, steps: Int? = nil
  ) throws -> PartLoader {
    guard consistency == nil || settings.loss != .sigmoid else {
      throw TrainingError.usage(
        "\(title): pictures without labels weigh as parts of a softmax; with the loss sigmoid they cannot be learned"
      )
    }
    let part = plan.batch / (plan.accumulate * plan.replicas)
    guard part % group == 0 else {
      throw TrainingError.usage(
        "\(title): of \(group) pictures of a batch one has a label, but a part of a batch has \(part); give it a "
          + "multiple of \(group)")
    }
    let taken = step..<(steps.map { step + $0 } ?? plan.steps)
    /// Loads `count` of each group's pictures.
    func load(
      _ dataset: any ImageDataset, _ order: any SampleOrder, _ count: Int,
      _ augmentation: TrainingSettings.Augmentation, _ seed: UInt64, _ badSamples: BadSamples
    ) throws -> BatchLoader {
      let batch = plan.batch / group * count
      return try BatchLoader(
        dataset: dataset, order: order,
        positions: taken.lowerBound * batch..<taken.upperBound * batch,
        batchSize: share.microBatch / group * count,
        preset: .train(input.trainPreset(augmentation)),
        mixing: PairMixing(
          mixup: augmentation.mixup, cutmix: augmentation.cutmix, within: part / group * count),
        seed: seed, workers: runtime.workers, queueDepth: max(4, 2 * share.replicas.count),
        onUnreadable: .substitute, maxPixels: runtime.maxPixels, badSamples: badSamples,
        yieldsCores: runtime.device == .cpu,
        only: BatchLoader.Share(of: share.partCount, taking: share.parts))
    }
    let labelled = try load(
      examples.dataset, order, 1, settings.augmentation, seed, badSamples)
    guard let consistency else {
      return PartLoader(labelled, nil, names: [examples.dataset.name])
    }
    let (pictures, own) = (consistency.pictures, consistency.settings)
    guard own.ratio > 0, pictures.count > 0 else {
      throw TrainingError.usage(
        "\(title): \(own.ratio) of \(Format.counted(pictures.count, "unlabelled picture", "unlabelled pictures")) for "
          + "each labelled one leaves nothing to be consistent on")
    }
    let shuffled = ShuffledOrder(count: pictures.count, seed: Hash.mix(seed, 0, 0))
    func view(
      _ augmentation: TrainingSettings.Augmentation, _ number: UInt64, _ limit: BadSamples.Limit
    ) throws -> BatchLoader {
      try load(
        pictures, shuffled, own.ratio, augmentation, Hash.mix(seed, 1, number),
        BadSamples(of: pictures, limit: limit))
    }
    return PartLoader(
      labelled,
      // What one view meets the other one meets, too: it is judged once.
      (
        weak: try view(own.weak(settings.augmentation), 0, .none),
        strong: try view(own.strong(settings.augmentation), 1, BadSamples.Limit())
      ), names: [examples.dataset.name, pictures.name])
  }
}

extension ConsistencySettings {
  /// How a weak view is varied in a training that varies its pictures by `augmentation`: cut and mirrored alike.
  func weak(_ augmentation: TrainingSettings.Augmentation) -> TrainingSettings.Augmentation {
    var view = augmentation
    (view.autoAugment, view.erasing, view.mixup, view.cutmix) = (.none, 0, 0, 0)
    return view
  }

  /// How a strong view is varied: the same, and operated on and erased.
  func strong(_ augmentation: TrainingSettings.Augmentation) -> TrainingSettings.Augmentation {
    var view = weak(augmentation)
    (view.autoAugment, view.operations, view.magnitude) = (autoAugment, operations, magnitude)
    view.erasing = erasing
    return view
  }
}
