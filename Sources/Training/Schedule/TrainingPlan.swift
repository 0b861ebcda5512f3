/// One stage's training in numbers: how many images, steps and passes, and the learning rate.
public struct TrainingPlan: Equatable, Sendable {
  /// How many images the stage's data holds.
  public let imageCount: Int
  /// Images of one optimiser step.
  public let batch: Int
  /// In how many equal parts a batch is computed.
  public let accumulate: Int
  /// In how many equal parts each of these is computed at the same time.
  public let replicas: Int
  /// Images of one of these; with `syncBatchNorm`, of all that one process computes at the same time.
  public let microBatch: Int
  /// Whether they share the statistics of batch norm.
  public let syncBatchNorm: Bool
  /// The budget: how many images are to be seen in all.
  public let totalImages: Int
  /// Optimiser steps: the budget over the batch, rounded up.
  public let steps: Int
  /// The learning rate of each step.
  public let schedule: LearningRateSchedule
  /// Drops of a `steps` schedule, in epochs, that lie behind the last step.
  public let unreachedDrops: [Int]

  /// Steps of the warm-up.
  public var warmUpSteps: Int { schedule.warmUpSteps }
  /// Passes over the data, as a fraction.
  public var passes: Double { Double(totalImages) / Double(imageCount) }

  /// Resolves `training` for a stage whose data holds `imageCount` images.
  /// - Throws: `TrainingError.data` when there are no images, `.usage` when the budget is not one.
  public init(_ training: TrainingSettings, imageCount: Int) throws {
    guard imageCount > 0 else {
      throw TrainingError.data("there are no images to train on; look at the stage's data")
    }
    let total: Int
    switch (training.images, training.epochs) {
    case (let images?, nil): total = images
    case (nil, let epochs?):
      let (product, overflow) = epochs.multipliedReportingOverflow(by: imageCount)
      guard !overflow else {
        throw TrainingError.usage("\(epochs) epochs of \(imageCount) images are too many to count")
      }
      total = product
    default: throw TrainingError.usage("a training needs one of images and epochs")
    }
    guard total > 0, training.batch > 0, training.accumulate > 0, training.replicas > 0 else {
      throw TrainingError.usage(
        "a training needs images, batch, accumulate and replicas of at least 1")
    }
    // Beyond any use, and far from where products would overflow.
    guard total <= 1 << 50, training.batch <= 1 << 24, 0...1000 ~= training.halvings else {
      throw TrainingError.usage(
        "\(total) images in batches of \(training.batch), the rate halved \(training.halvings) times, are "
          + "more than can be planned: at most 2^50, 2^24 and 0 to 1000")
    }
    let parts = training.accumulate.multipliedReportingOverflow(by: training.replicas)
    guard !parts.overflow, training.batch % parts.partialValue == 0 else {
      throw TrainingError.usage(
        "a batch of \(training.batch) images cannot be computed in "
          + (training.replicas > 1
            ? "\(training.accumulate) × \(training.replicas)" : "\(training.accumulate)")
          + " equal parts")
    }
    let batch = training.batch
    let steps = Self.steps(for: total, batch: batch)
    let warmUp = training.warmUpImages ?? min(6_400_000, total / 100)
    let warmUpSteps = min(Self.steps(for: warmUp, batch: batch), steps - 1)
    guard training.warmUpImages == nil || warmUp < total else {
      throw TrainingError.usage(
        "a warm-up of \(warmUp) images leaves nothing of a training of \(total); lower warmUpImages"
      )
    }

    let dropSteps = training.drops.map { epoch in
      let (images, overflow) = epoch.multipliedReportingOverflow(by: imageCount)
      return overflow ? .max : Self.steps(for: images, batch: batch)
    }
    let shape: LearningRateSchedule.Shape
    switch training.schedule {
    case .halving: shape = .halving(training.halvings)
    case .steps: shape = .drops(atSteps: dropSteps, factor: training.dropFactor)
    case .cosine: shape = .cosine
    case .constant: shape = .constant
    }
    self.imageCount = imageCount
    self.batch = batch
    accumulate = training.accumulate
    replicas = training.replicas
    syncBatchNorm = training.syncBatchNorm
    microBatch = batch / (training.syncBatchNorm ? accumulate : parts.partialValue)
    totalImages = total
    self.steps = steps
    schedule = LearningRateSchedule(
      steps: steps, warmUpSteps: warmUpSteps, warmUpFrom: training.warmUpFrom,
      peak: training.learningRate, shape: shape)
    unreachedDrops =
      training.schedule == .steps
      ? zip(training.drops, dropSteps).filter { $1 >= steps }.map { $0.0 } : []
  }

  private static func steps(for images: Int, batch: Int) -> Int {
    images / batch + (images % batch == 0 ? 0 : 1)
  }
}
