import Models
import Recipes
import Torch
import Training

/// What the stages of a run take, worked out from how many pictures there are.
struct RunPlan {
  let recipe: Recipe
  let counts: DataCounts
  /// Nil where there is none.
  let teacher: NetworkCost?
  let student: NetworkCost
  /// The trainings, in their order.
  let trainings: [DryRun.Training]
  /// The most that D̂ can hold.
  let selected: Int
  /// The frozen teacher's pass over D; nil where it is none.
  let featureSeconds: Double?
  let scoringSeconds: Double
  let diskBytes: Double

  /// Plans `recipe` for a machine of that speed.
  /// - Throws: `TrainingError.usage` when a training's budget and schedule do not come out.
  init(_ recipe: Recipe, _ counts: DataCounts, precision: Precision, gmacPerSecond speed: Double)
    throws
  {
    let classes = counts.classes
    let perImage = min(recipe.ranking.labelsPerImage, classes)
    let selected = min(
      counts.unlabelled, classes * min(recipe.ranking.imagesPerClass, counts.unlabelled))

    func training(
      _ stage: Stage, _ model: String, _ cost: NetworkCost, _ training: Recipe.Training,
      pictures: Int
    ) throws -> DryRun.Training {
      let plan = try TrainingPlan(training, imageCount: pictures)
      let memory = TrainingMemory(
        cost, size: recipe.input.size, channels: recipe.input.channels, precision: precision)
      // A backward pass takes two multiply-adds for each of the forward pass.
      let work = 3 * cost.gmac * Double(plan.steps * plan.batch)
      return DryRun.Training(
        stage: stage.title, model: model, parameters: cost.parameters, gmac: cost.gmac,
        pictures: pictures, images: plan.totalImages, steps: plan.steps, passes: plan.passes,
        learningRate: plan.schedule.corners.map { DryRun.Corner(step: $0.step, rate: $0.rate) },
        memoryBytes: memory.fixed + memory.perPicture * Double(plan.microBatch),
        seconds: work / speed, key: "\(stage.recipeKey).training")
    }

    let teacher = recipe.teacher
    let student = recipe.student
    let teacherCost =
      recipe.includes(.teacher)
      ? try ModelCatalog.cost(
        recipe.options(of: .teacher, classCount: classes), size: recipe.input.size) : nil
    let studentCost = try ModelCatalog.cost(
      recipe.options(of: .student, classCount: classes), size: recipe.input.size)
    var trainings: [DryRun.Training] = []
    if recipe.baseline.enabled {
      trainings.append(
        try training(
          .baseline, student.model, studentCost, recipe.baseline.training,
          pictures: counts.labelled))
    }
    if teacher.kind == .trained, let teacherCost {
      trainings.append(
        try training(
          .teacher, teacher.model, teacherCost, teacher.training, pictures: counts.labelled))
    }
    trainings += [
      try training(.student, student.model, studentCost, student.training, pictures: selected),
      try training(
        .fineTuning, student.model, studentCost, recipe.fineTuning.training,
        pictures: counts.labelled),
    ]
    if recipe.baseline.enabled, recipe.baseline.long {
      var long = recipe.baseline.training
      long.epochs = nil
      long.images = trainings.filter { $0.stage != Stage.baseline.title }
        .reduce(counts.unlabelled + (teacher.kind.isOnFeatures ? counts.labelled : 0)) {
          $0 + $1.images
        }
      trainings.append(
        try training(
          .baselineLong, student.model, studentCost, long, pictures: counts.labelled))
    }
    let scoreBytes = Double(counts.unlabelled) * Double(8 + perImage * (classes < 65_535 ? 6 : 8))
    let selectionBytes = Double(selected) * Double(8 + 8 + 12 + 90)
    let checkpoints =
      Double(recipe.checkpoints.keep + 1) * 8
      * Double(
        max(teacher.kind == .trained ? teacherCost?.parameters ?? 0 : 0, studentCost.parameters))
    let models = 4 * Double((teacherCost?.parameters ?? 0) + 3 * studentCost.parameters)

    self.recipe = recipe
    self.counts = counts
    self.teacher = teacherCost
    self.student = studentCost
    self.trainings = trainings
    self.selected = selected
    featureSeconds =
      teacher.kind.isOnFeatures
      ? teacherCost.map { $0.gmac * Double(counts.labelled) / speed } : nil
    scoringSeconds = teacherCost.map { $0.gmac * Double(counts.unlabelled) / speed } ?? 0
    diskBytes = scoreBytes + selectionBytes + checkpoints + models
  }
}
