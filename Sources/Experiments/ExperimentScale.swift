import Models
public import Recipes
import Training

/// How large an experiment is.
public enum ExperimentScale: String, Choice {
  /// A twentieth of `small`, to see that everything runs: minutes.
  case tiny
  /// The demo's pictures and networks, or another recipe's of pictures as small: two cores, at most an hour.
  case small
  /// The demo's pictures, or another recipe's of pictures as small, with ResNet-18s of usual widths and ten times the
  /// budgets: a GPU.
  case gpu
  /// The paper's networks, with a recipe that says where the pictures are.
  case paper

  /// The recipe that an experiment changes where none is given: the demo's.
  /// - Throws: `ExperimentError` where a recipe must be given.
  func recipe() throws -> Recipe {
    guard self != .paper else {
      throw ExperimentError(
        "--scale paper needs a recipe that says where the pictures are, such as Recipes/paper/resnet50-yfcc.yaml"
      )
    }
    return self == .gpu ? .demoOnGPU : .demo
  }

  /// `recipe` with budgets of this size.
  func scaled(_ recipe: Recipe) -> Recipe {
    guard self == .tiny else { return recipe }
    var recipe = recipe
    func shorten(_ training: inout Recipe.Training) {
      training.images = training.images.map { max(training.batch, $0 / 20) }
      training.epochs = training.epochs.map { max(1, $0 / 20) }
    }
    shorten(&recipe.teacher.pretraining.training)
    shorten(&recipe.teacher.fineTuneOn.training)
    shorten(&recipe.teacher.training)
    shorten(&recipe.student.training)
    shorten(&recipe.fineTuning.training)
    shorten(&recipe.baseline.training)
    return recipe
  }
}

extension Recipe {
  /// The demo with networks that keep the pictures' size through their first blocks.
  static var demoOnGPU: Recipe {
    var recipe = demo
    recipe.workers = Recipe(name: "", labelled: "", unlabelled: "").workers
    (recipe.teacher.model, recipe.teacher.stem, recipe.teacher.width) = ("resnet18", .small, 64)
    (recipe.student.model, recipe.student.stem, recipe.student.width) = ("resnet18", .small, 32)
    for training in [
      \Recipe.teacher.training, \.baseline.training, \.student.training, \.fineTuning.training,
    ] {
      recipe[keyPath: training].images = recipe[keyPath: training].images.map { 10 * $0 }
      recipe[keyPath: training].replicas = 1
    }
    return recipe
  }

  /// 250 labels of Fashion-MNIST and its other 59,750 training pictures without: Recipes/fashion-mnist.yaml.
  static var demo: Recipe {
    let folder = "/usr/share/datasets/fashion-mnist"
    var recipe = Recipe(name: "fashion-mnist", labelled: folder, unlabelled: Data.rest)
    recipe.workers = 1
    (recipe.data.labelledSplit, recipe.data.labelledCount) = ("train", 250)
    (recipe.data.test, recipe.data.testSplit) = (folder, "test")
    (recipe.input.size, recipe.input.resize, recipe.input.channels) = (28, 28, 1)
    (recipe.input.mean, recipe.input.std) = ([0.286], [0.353])

    var training = recipe.teacher.training
    (training.images, training.batch, training.replicas) = (120_000, 32, 2)
    (training.learningRate, training.warmUpFrom) = (0.1, 0.01)
    (training.schedule, training.weightDecay) = (.cosine, 2e-3)
    (training.augmentation.crop, training.augmentation.padding) = (.padded, 2)
    (training.augmentation.flip, training.augmentation.erasing) = (0.5, 0.5)
    (recipe.teacher.model, recipe.teacher.stem, recipe.teacher.width) = ("resnet8", .strided, 32)
    recipe.teacher.training = training
    recipe.baseline.training = training

    (recipe.ranking.labelsPerImage, recipe.ranking.imagesPerClass) = (2, 4_800)
    recipe.ranking.batch = 500

    (recipe.student.model, recipe.student.stem, recipe.student.width) = ("resnet8", .strided, 16)
    training.images = 200_000
    (training.batch, training.weightDecay) = (64, 1e-3)
    recipe.student.training = training

    var tuning = recipe.fineTuning.training
    (tuning.images, tuning.epochs) = (10_000, nil)
    (tuning.batch, tuning.replicas, tuning.learningRate) = (250, 2, 0.001)
    (tuning.schedule, tuning.weightDecay) = (.cosine, 1e-3)
    tuning.augmentation = training.augmentation
    recipe.fineTuning.training = tuning

    recipe.baseline.long = true
    recipe.evaluation.batch = 500
    return recipe
  }
}
