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
  /// A round after the first: scoring U with the student, and both of its trainings.
  let roundSeconds: Double
  /// What a score file has of a picture.
  let scoreRowBytes: Double
  /// The selection's files.
  let selectionBytes: Double
  let diskBytes: Double

  /// Plans `recipe` for a machine of that speed.
  /// - Throws: `TrainingError.usage` when a training's budget and schedule do not come out.
  init(_ recipe: Recipe, _ counts: DataCounts, precision: Precision, gmacPerSecond speed: Double)
    throws
  {
    let classes = counts.classes
    let perImage = min(recipe.ranking.labelsPerImage, classes)
    let candidates = recipe.ranking.part(of: counts.unlabelled)
    let selected = min(candidates, classes * min(recipe.ranking.imagesPerClass, candidates))

    func options(of stage: Stage) -> NetworkOptions {
      recipe.options(of: stage, classCount: counts.learned[stage]?.classes ?? classes)
    }
    func cost(_ options: NetworkOptions) throws -> NetworkCost {
      try ModelCatalog.cost(options, size: recipe.input.size)
    }
    let teacher = recipe.teacher
    let teacherCost = recipe.includes(.teacher) ? try cost(options(of: .teacher)) : nil
    func training(
      _ stage: Stage, _ training: Recipe.Training, pictures: Int
    ) throws -> DryRun.Training {
      let options = options(of: stage)
      let cost = try cost(options)
      let consistency = recipe.consistency(of: stage)
      let plan = try TrainingPlan(training, imageCount: pictures)
      let memory = TrainingMemory(
        cost, size: recipe.input.size, channels: recipe.input.channels, precision: precision,
        training)
      // A backward pass takes two multiply-adds for each of the forward pass.
      // A weak view has a forward pass alone, and so has a teacher that says what each view is.
      let views = consistency.map { Double($0.ratio) / Double($0.group) } ?? 0
      let isTaught = stage == .student && recipe.student.targets == .teacher
      let taught = isTaught ? teacherCost : nil
      let work =
        ((3 + views) * cost.gmac + (taught?.gmac ?? 0)) * Double(plan.steps * plan.batch)
      return DryRun.Training(
        stage: stage, title: stage.title, model: options.model, parameters: cost.parameters,
        gmac: cost.gmac,
        pictures: pictures, images: plan.totalImages, steps: plan.steps, passes: plan.passes,
        learningRate: plan.schedule.corners.map { DryRun.Corner(step: $0.step, rate: $0.rate) },
        memoryBytes: memory.fixed + memory.perImage * Double(plan.microBatch)
          + 4 * Double(taught?.parameters ?? 0),
        seconds: work / speed, key: "\(stage.recipeKey).training", batch: plan.batch,
        parts: training.accumulate * training.replicas,
        checkpointBytes: 4 * Double(cost.parameters)
          * Double(1 + Optimizers.momenta(of: training.optimizer) + (training.ema > 0 ? 1 : 0)),
        options: recipe.options(of: stage))
    }

    let studentCost = try cost(options(of: .student))
    var trainings: [DryRun.Training] = []
    // What the stages of the pipeline see besides what they are trained on.
    var images = counts.unlabelled + (teacher.kind.isOnFeatures ? counts.labelled : 0)
    for stage in Stage.allCases where recipe.includes(stage) {
      let pictures: Int? =
        switch stage.facts.learns {
        case _ where recipe.consistency(of: stage) != nil:
          counts.labelled * (recipe.consistency(of: stage)?.group ?? 1)
        case .labelled: counts.labelled
        case .own: counts.learned[stage]?.images
        case .selected where !recipe.learnsSelected(stage): counts.labelled
        case .selected: selected + (recipe.student.mixLabelled > 0 ? counts.labelled : 0)
        case nil: nil
        }
      guard let pictures, var settings = recipe.training(of: stage) else { continue }
      if stage.facts.training?.isAsLongAsPipeline == true {
        (settings.images, settings.epochs) = (images, nil)
      }
      let planned = try training(stage, settings, pictures: pictures)
      if stage.facts.isOfPipeline { images += planned.images }
      trainings.append(planned)
    }
    scoreRowBytes = Double(8 + perImage * (classes < 65_535 ? 6 : 8))
    let scoreBytes = Double(counts.unlabelled) * scoreRowBytes
    selectionBytes = Double(selected) * Double(8 + 8 + 12 + 90)
    let checkpoints =
      Double(recipe.checkpoints.keep + 1) * (trainings.map(\.checkpointBytes).max() ?? 0)
    let models = Stage.allCases.filter { $0.facts.training != nil && recipe.includes($0) }
      .reduce(0.0) {
        $0 + 4 * Double($1.isOfTeacher ? teacherCost?.parameters ?? 0 : studentCost.parameters)
      }

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
    roundSeconds =
      studentCost.gmac * Double(counts.unlabelled) / speed
      + trainings.filter(\.isOfEachRound).reduce(0) { $0 + $1.seconds }
    let later = Double(max(1, recipe.rounds) - 1)
    let ofRound = scoreBytes + selectionBytes + 2 * 4 * Double(studentCost.parameters)
    diskBytes = scoreBytes + selectionBytes + checkpoints + models + later * ofRound
  }
}

extension DryRun.Training {
  /// Whether every round has it.
  var isOfEachRound: Bool { stage.makesStudent }
}
