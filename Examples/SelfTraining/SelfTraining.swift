// The four stages from a Swift program: 200 labelled pictures and the rest of Fashion-MNIST without
// labels, a small network as teacher and student, a budget of a minute.
//
//   SelfTraining [FOLDER] [OUT]     (defaults: Debian's dataset-fashion-mnist, runs/self-training)
//
// The budget is too short for a gain worth the name; Recipes/fashion-mnist.yaml is the real thing.

import Files
import Foundation
import Models
import Pipeline
import Recipes
import Training

/// A recipe in code: what is not said here has the paper's value.
func recipe(folder: String) -> Recipe {
  var recipe = Recipe(name: "self-training", labelled: folder, unlabelled: Recipe.Data.rest)
  recipe.data.labelledSplit = "train"
  recipe.data.labelledCount = 200
  recipe.data.test = folder
  recipe.data.testSplit = "test"

  recipe.input.size = 28
  recipe.input.resize = 28
  recipe.input.channels = 1
  recipe.input.mean = [0.286]
  recipe.input.std = [0.353]

  recipe.teacher.model = "resnet8"
  recipe.teacher.stem = .strided
  recipe.teacher.width = 16
  recipe.teacher.training = training(images: 20_000)
  recipe.ranking.labelsPerImage = 2
  recipe.ranking.imagesPerClass = 1_000
  recipe.ranking.batch = 500
  recipe.evaluation.batch = 500

  recipe.student.model = "resnet8"
  recipe.student.stem = .strided
  recipe.student.width = 16
  recipe.student.training = training(images: 40_000)
  recipe.fineTuning.training = training(images: 4_000)
  recipe.fineTuning.training.learningRate = 0.01
  recipe.baseline.training = recipe.teacher.training
  return recipe
}

/// The same schedule for all four trainings.
func training(images: Int) -> Recipe.Training {
  var training = Recipe.Training()
  training.images = images
  training.batch = 64
  training.learningRate = 0.1
  training.warmUpFrom = 0.01
  training.schedule = .cosine
  training.augmentation.crop = .padded
  training.augmentation.padding = 2
  return training
}

@main
struct SelfTraining {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    let folder = arguments.first ?? "/usr/share/datasets/fashion-mnist"
    let out = arguments.dropFirst().first ?? "runs/self-training"
    do {
      let run = try Run(recipe: recipe(folder: folder), directory: out)
      let summary = try run.allStages()
      for (name, accuracy) in [
        ("alone", summary[.baseline]), ("teacher", summary[.teacher]),
        ("student", summary[.fineTuning]),
      ] {
        print(name, accuracy.top1.map { Format.fixed($0, 2) + " %" } ?? "not measured")
      }
      print("model:", run.directory.modelPath(of: .fineTuning))

      let model = try LoadedModel(run.directory.folder(of: .fineTuning))
      let measured = try model.evaluate(folder, split: "test")
      print("measured again:", Format.fixed(measured.top1 ?? .nan, 2), "%")
    } catch {
      print("self-training:", PipelineError.line(about: error))
      exit(PipelineError.exitCode(of: error))
    }
  }
}
