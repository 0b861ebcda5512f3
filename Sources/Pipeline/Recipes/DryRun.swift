import Files
import Foundation
import ImageData
import Models
import SystemPackage
import Torch

/// What a run would do, worked out without allocating a network and, where the recipe says how many
/// pictures there are, without the pictures.
public struct DryRun: Encodable, Sendable {
  /// One training in numbers.
  public struct Training: Encodable, Sendable {
    /// Which training.
    public let stage: String
    /// Its network.
    public let model: String
    /// Weights.
    public let parameters: Int
    /// Multiply-adds of one picture's forward pass, in units of 10⁹.
    public let gmac: Double
    /// Pictures of one pass over the data.
    public let pictures: Int
    /// Pictures seen in all.
    public let images: Int
    /// Optimiser steps.
    public let steps: Int
    /// Passes over the data.
    public let passes: Double
    /// Where the learning rate changes its course.
    public let learningRate: [Corner]
    /// Memory of weights, gradients, momenta and one micro-batch's activations, in bytes.
    public let memoryBytes: Double
    /// At this machine's speed.
    public let seconds: Double
  }

  /// A step and its learning rate.
  public struct Corner: Encodable, Sendable {
    /// The step, counted from 0.
    public let step: Int
    /// The rate of that step.
    public let rate: Double
  }

  /// Classes.
  public let classes: Int
  /// Pictures of D.
  public let labelledImages: Int
  /// Pictures of U.
  public let unlabelledImages: Int
  /// The most that D̂ can hold.
  public let selectedAtMost: Int
  /// The trainings, in their order.
  public let trainings: [Training]
  /// Scoring U, in seconds at this machine's speed.
  public let scoringSeconds: Double
  /// What the run directory will hold at most, in bytes.
  public let diskBytes: Double
  /// The speed that times are worked out with, in 10⁹ multiply-adds a second.
  public let machineGmacPerSecond: Double
  /// What computes, and how.
  public let device: String
  /// The precision.
  public let precision: String
  /// What the user should know before it starts.
  public let warnings: [String]

  /// Works out `recipe`.
  /// - Throws: `PipelineError` when the data is neither there nor described.
  public init(_ recipe: Recipe) throws {
    try recipe.validate()
    let counts = try DataCounts(recipe)
    let device = try Run.device(recipe.device)
    let precision = Run.precision(recipe.precision, on: device)
    let speed = try machineSpeed(device, precision)
    let classes = counts.classes
    let perImage = min(recipe.ranking.labelsPerImage, classes)
    let selected = min(
      counts.unlabelled, classes * min(recipe.ranking.imagesPerClass, counts.unlabelled))

    func cost(_ model: String, _ stem: Stem, _ width: Int) throws -> NetworkCost {
      try ModelCatalog.cost(
        NetworkOptions(
          model: model, classCount: classes, inputChannels: recipe.input.channels, stem: stem,
          width: width), size: recipe.input.size)
    }
    func training(
      _ stage: Stage, _ model: String, _ cost: NetworkCost, _ training: Recipe.Training,
      pictures: Int
    ) throws -> Training {
      let plan = try TrainingPlan(training, imageCount: pictures)
      let memory = TrainingMemory(
        cost, size: recipe.input.size, channels: recipe.input.channels, precision: precision)
      // A backward pass takes two multiply-adds for each of the forward pass.
      let work = 3 * cost.gmac * Double(plan.steps * plan.batch)
      return Training(
        stage: stage.title, model: model, parameters: cost.parameters, gmac: cost.gmac,
        pictures: pictures, images: plan.totalImages, steps: plan.steps, passes: plan.passes,
        learningRate: plan.schedule.corners.map { Corner(step: $0.step, rate: $0.rate) },
        memoryBytes: memory.fixed + memory.perPicture * Double(plan.microBatch),
        seconds: work / speed)
    }

    let teacher = recipe.teacher
    let teacherCost = try cost(teacher.model, teacher.stem, teacher.width)
    let student = recipe.student
    let studentCost = try cost(student.model, student.stem, student.width)
    var trainings: [Training] = []
    if recipe.baseline.enabled {
      trainings.append(
        try training(
          .baseline, student.model, studentCost, recipe.baseline.training,
          pictures: counts.labelled))
    }
    trainings += [
      try training(
        .teacher, teacher.model, teacherCost, teacher.training, pictures: counts.labelled),
      try training(.student, student.model, studentCost, student.training, pictures: selected),
      try training(
        .fineTuning, student.model, studentCost, recipe.fineTuning.training,
        pictures: counts.labelled),
    ]
    if recipe.baseline.enabled, recipe.baseline.long {
      var long = recipe.baseline.training
      long.epochs = nil
      long.images = trainings.suffix(3).reduce(counts.unlabelled) { $0 + $1.images }
      trainings.append(
        try training(
          .baselineLong, student.model, studentCost, long, pictures: counts.labelled))
    }
    let scoreBytes = Double(counts.unlabelled) * Double(8 + perImage * (classes < 65_535 ? 6 : 8))
    let selectionBytes = Double(selected) * Double(8 + 8 + 12 + 90)
    let checkpoints =
      Double(recipe.checkpoints.keep + 1) * 8
      * Double(max(teacherCost.parameters, studentCost.parameters))
    let models = 4 * Double(teacherCost.parameters + 3 * studentCost.parameters)

    self.classes = classes
    labelledImages = counts.labelled
    unlabelledImages = counts.unlabelled
    selectedAtMost = selected
    self.trainings = trainings
    scoringSeconds = teacherCost.gmac * Double(counts.unlabelled) / speed
    diskBytes = scoreBytes + selectionBytes + checkpoints + models
    machineGmacPerSecond = speed
    self.device = device.rawValue
    self.precision = precision.rawValue
    warnings = Self.warnings(recipe, counts, teacherCost, studentCost, trainings)
  }
}

/// How many pictures there are: counted, or as the recipe says where they are not there.
struct DataCounts {
  let labelled: Int
  let unlabelled: Int
  let classes: Int
  /// Test pictures that are byte for byte in U; nil where that was not looked at.
  let testPicturesInUnlabelled: Int?

  init(_ recipe: Recipe) throws {
    let data = recipe.data
    let isThere = [data.labelled, data.unlabelledIsRest ? nil : data.unlabelled, data.test]
      .allSatisfy { $0.map { FilePath(text: $0).exists } ?? true }
    if !isThere, let labelled = data.labelledImages, let unlabelled = data.unlabelledImages,
      let classes = data.classCount
    {
      self.labelled = labelled
      self.unlabelled = unlabelled
      self.classes = classes
      testPicturesInUnlabelled = nil
      return
    }
    let cores = ProcessInfo.processInfo.activeProcessorCount
    let opened = try RunData(recipe, workers: cores)
    let known = try KnownPictures(
      opened, alike: false, keptIn: nil, maxPixels: recipe.data.maxPixels, workers: cores)
    try opened.refuseMeasuredPicturesAmongOthers(known)
    labelled = opened.labelled.count
    unlabelled = opened.unlabelled.count
    classes = opened.classNames.count
    // Reading every picture of a large U takes hours: that is left to scoring.
    if opened.test != nil, opened.unlabelled.isRandomAccess, opened.unlabelled.count <= 200_000 {
      testPicturesInUnlabelled = try contentHashes(of: opened.unlabelled, workers: cores)
        .count { $0.map { known.holds($0.prefix, in: "test") } ?? false }
    } else {
      testPicturesInUnlabelled = nil
    }
  }
}

/// 10⁹ multiply-adds a second of a square matrix product: what networks can come near.
func machineSpeed(_ device: Device, _ precision: Precision) throws -> Double {
  let side = device == .cuda ? 8192 : 2048
  let dtype: DType = precision == .bf16 ? .bfloat16 : .float32
  let matrix = try Tensor.full([side, side], 0.5, dtype: dtype, device: device)
  return try withoutGradients {
    var best = 0.0
    for _ in 0..<4 {
      let start = Date()
      _ = try matrix.matrixProduct(matrix).narrowed(axis: 0, to: 0..<1).to(.float32).sum().item()
      best = max(best, Double(side * side * side) / 1e9 / -start.timeIntervalSinceNow)
    }
    return best
  }
}
