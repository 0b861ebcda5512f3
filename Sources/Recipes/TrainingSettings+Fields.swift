import Models
import Training

extension RecipeField {
  /// The `training` group, whose values are checked where `isUsed` says that a recipe trains by it; a budget in
  /// images takes the place of a default in epochs, and the other way round.
  static func training(
    _ member: WritableKeyPath<Root, Recipe.Training>,
    isUsed: @escaping (Recipe) -> Bool = { _ in true }
  ) -> Self {
    var field = group("training", member, Recipe.Training.fields) { given, training in
      switch (given.contains("images"), given.contains("epochs")) {
      case (true, false): training.epochs = nil
      case (false, true): training.images = nil
      default: break
      }
    }
    field.trainings = { root, key in
      [RecipeTraining(key: key, settings: root[keyPath: member], isUsed: isUsed)]
    }
    return field
  }
}

/// One `training` group of a recipe.
struct RecipeTraining {
  /// Its path: `student.training`.
  let key: String
  let settings: Recipe.Training
  /// Whether a recipe trains by it.
  let isUsed: (Recipe) -> Bool
}

extension TrainingSettings {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "preset", \.preset,
        "A recipe of today for trainings of many passes, whose schedule, loss, targets and augmentation are taken where the keys below say nothing else: strong is like A3 of \"ResNet strikes back\", strong-long like its A1.",
        reaches: .itsStage, isYoung: true),
      .value(
        "images", \.images, "The paper's #iter: how many images are seen in all.",
        reaches: .itsStage),
      .value("epochs", \.epochs, "Or passes over the stage's data.", reaches: .itsStage),
      .value("batch", \.batch, "Images of one optimiser step.", reaches: .itsStage),
      .value(
        "accumulate", \.accumulate, "In how many equal parts (micro-batches) a batch is computed.",
        reaches: .itsStage),
      .value(
        "replicas", \.replicas,
        "In how many equal parts each of these is computed, each by one thread and with a batch norm of its own, as many at the same time as threads are worth it: for networks of small pictures, on CPUs.",
        reaches: .itsStage, isYoung: true),
      .value(
        "syncBatchNorm", \.syncBatchNorm,
        "Whether batch norm takes its statistics over all replicas together, in whichever processes; else each has its own, as the paper's GPUs.",
        reaches: .itsStage, isYoung: true),
      .value("learningRate", \.learningRate, "The highest learning rate.", reaches: .itsStage),
      .value(
        "warmUpFrom", \.warmUpFrom,
        "The learning rate at the first step of the warm-up; never more than learningRate.",
        reaches: .itsStage),
      .value(
        "warmUpImages", \.warmUpImages,
        "Images of the warm-up; null means 6.4 million or 1 % of the budget, whichever is less.",
        reaches: .itsStage),
      .value("schedule", \.schedule, "How the rate falls after the warm-up.", reaches: .itsStage),
      .value(
        "halvings", \.halvings,
        "With halving: how often the rate is halved, at equal intervals of the whole length.",
        reaches: .itsStage),
      .value(
        "drops", \.drops,
        "With steps: the epochs after which the rate is multiplied by dropFactor.",
        reaches: .itsStage),
      .value(
        "dropFactor", \.dropFactor, "With steps: what the rate is multiplied by.",
        reaches: .itsStage),
      .value(
        "optimizer", \.optimizer, "What changes the weights along their gradients.",
        reaches: .itsStage, isYoung: true, of: Optimizers.names),
      .value("momentum", \.momentum, "SGD's momentum.", reaches: .itsStage),
      .value("nesterov", \.nesterov, "Whether the momentum is Nesterov's.", reaches: .itsStage),
      .value(
        "weightDecay", \.weightDecay,
        "The L2 penalty's factor; AdamW shrinks weights by it, times the rate, a step.",
        reaches: .itsStage),
      .value(
        "layerDecay", \.layerDecay,
        "With adamw: what the rate is multiplied by for each layer nearer to the picture.",
        reaches: .itsStage, isYoung: true),
      .value(
        "dropPath", \.dropPath,
        "The probability that the last block's branch is left out for a picture; less for earlier ones.",
        reaches: .itsStage, isYoung: true),
      .value(
        "ema", \.ema,
        "How much of the weights' moving average is kept in a step, such as 0.9998; the average becomes the model. 0 for none.",
        reaches: .itsStage, isYoung: true),
      .value(
        "emaWarmUp", \.emaWarmUp,
        "Whether less of it is kept in the first steps, as timm's warm-up has it: for short trainings.",
        reaches: .itsStage, isYoung: true),
      .value("loss", \.loss, "The loss on images with several labels.", reaches: .itsStage),
      .value(
        "labelSmoothing", \.labelSmoothing,
        "How much of an image's target is shared by all classes alike, such as 0.1.",
        reaches: .itsStage, isYoung: true),
      .value(
        "targetThreshold", \.targetThreshold,
        "With sigmoid: the target above which a class counts as present, wholly, such as 0.2 for mixed images; null takes targets as they are.",
        reaches: .itsStage, isYoung: true),
      .value("order", \.order, "The order in which images are seen.", reaches: .itsStage),
      .group("augmentation", \.augmentation, TrainingSettings.Augmentation.fields),
      .value(
        "freezeBackbone", \.freezeBackbone, "Whether only the last layer is trained.",
        reaches: .itsStage),
    ]
  }
}

extension TrainingSettings.Augmentation {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "crop", \.crop, "How the network's input is cut from a training picture.",
        reaches: .itsStage),
      .value(
        "scale", \.scale, "With randomResized: the box's area as a part of the picture's.",
        reaches: .itsStage),
      .value(
        "ratio", \.ratio, "With randomResized: the box's width over its height.", reaches: .itsStage
      ),
      .value(
        "padding", \.padding, "With padded: the border's width in pixels.", reaches: .itsStage),
      .value("flip", \.flip, "The probability of a horizontal flip.", reaches: .itsStage),
      .value(
        "erasing", \.erasing, "The probability that a random rectangle is erased.",
        reaches: .itsStage),
      .value(
        "autoAugment", \.autoAugment,
        "Which operations on pixels are drawn, as torchvision has them: RandAugment, TrivialAugment (wide), or the policies that AutoAugment found on ImageNet or CIFAR-10. TrivialAugment moves a picture by up to 32 pixels whatever its size, which leaves nothing of one of 32; the others by a share of it.",
        reaches: .itsStage, isYoung: true),
      .value(
        "operations", \.operations,
        "With randAugment: how many operations, one after the other.", reaches: .itsStage,
        isYoung: true),
      .value(
        "magnitude", \.magnitude, "With randAugment: how strong they are, 0 to 30.",
        reaches: .itsStage, isYoung: true),
      .value(
        "mixup", \.mixup,
        "Mixup's parameter, of the distribution Beta(α, α) of a picture's share, such as 0.2; 0 for none.",
        reaches: .itsStage, isYoung: true),
      .value(
        "cutmix", \.cutmix,
        "CutMix's parameter, such as 1; with mixup too, either comes half of the time; 0 for none.",
        reaches: .itsStage, isYoung: true),
    ]
  }
}
