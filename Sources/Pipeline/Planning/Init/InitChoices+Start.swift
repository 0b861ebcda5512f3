import Files
import Models
import Recipes
import Training

extension InitStart {
  typealias Note = InitRecipe.Note

  /// Lets the networks see what the weights saw.
  func fitInput(_ recipe: inout Recipe) -> [Note] {
    recipe.input = input
    return [
      Note(key: "input.size", reason: sizeNote ?? "the weights' own"),
      Note(key: "input.resize", reason: "evaluation cuts the middle of it, as for the weights"),
      Note(key: "input.interpolation", reason: "as for the weights"),
      Note(key: "input.channels", reason: "the weights' own"),
      Note(key: "input.mean", reason: "what the weights were trained with"),
      Note(key: "input.std", reason: "what the weights were trained with"),
    ]
  }

  /// Takes the weights' network as the teacher, and as the student where it is small enough.
  func fitNetworks(_ recipe: inout Recipe) -> [Note] {
    let millions = Double(parameters) / 1e6
    let size = millions < 10 ? Format.fixed(millions, 1) : "\(Int(millions.rounded()))"
    recipe.teacher.startFrom = path
    (recipe.teacher.model, recipe.teacher.stem, recipe.teacher.width) =
      (options.model, options.stem, options.width)
    (recipe.student.model, recipe.student.stem, recipe.student.width) =
      (student.model, student.stem, student.width)
    var notes = [
      Note(key: "teacher.startFrom", reason: "it has seen more than D (recommendation 6)"),
      Note(key: "teacher.model", reason: "the weights' network, of \(size) million weights"),
    ]
    if studentTakesWeights {
      recipe.student.startFrom = path
      notes += [
        Note(
          key: "student.model", reason: "the same: its \(size) million weights are few enough"),
        Note(key: "student.startFrom", reason: "the baseline starts from them, too"),
      ]
    } else {
      notes.append(
        Note(
          key: "student.model",
          reason:
            "smaller, of the same kind, to be used where \(size) million weights are too many; it starts "
            + "from nothing unless student.startFrom names weights of its own"))
    }
    let stages = studentTakesWeights ? ["teacher", "student"] : ["teacher"]
    for stage in stages where options.stem != .standard || options.width != 64 {
      notes += [
        Note(key: "\(stage).stem", reason: "the weights' own"),
        Note(key: "\(stage).width", reason: "the weights' own"),
      ]
    }
    return notes
  }

  /// Without the digits that a division by ten leaves in binary.
  private static func tenth(of rate: Double) -> Double {
    Double(Format.significant(rate / 10, 6)) ?? rate / 10
  }

  /// What a training that begins with weights of this kind is like.
  fileprivate func fit(_ training: inout Recipe.Training, _ key: String, rate: Double) -> [Note] {
    let batch = Double(training.batch) / 256
    let least = rate == 1 ? "" : "; a fifth of the rate before"
    guard kind != .batchNorm else {
      training.learningRate = 0.03 * rate * batch
      training.warmUpFrom = Self.tenth(of: training.learningRate)
      return [
        Note(
          key: "\(key).learningRate",
          reason: "\(Format.significant(0.03 * rate, 2)) a batch of 256"
            + (rate == 1 ? ": a third of what a fresh network takes" : least)),
        Note(key: "\(key).warmUpFrom", reason: "a tenth of the rate"),
      ]
    }
    training.optimizer = "adamw"
    training.learningRate = 0.0005 * rate * batch
    training.warmUpFrom = Self.tenth(of: training.learningRate)
    training.weightDecay = 0.05
    training.layerDecay = kind == .transformer ? 0.75 : 0.8
    return [
      Note(key: "\(key).optimizer", reason: "what such networks are trained with"),
      Note(
        key: "\(key).learningRate",
        reason: "\(Format.significant(0.0005 * rate, 2)) a batch of 256, in proportion\(least)"),
      Note(key: "\(key).warmUpFrom", reason: "a tenth of the rate"),
      Note(key: "\(key).weightDecay", reason: "AdamW's, which is no L2 penalty"),
      Note(
        key: "\(key).layerDecay",
        reason: "layers near the picture are good as they are, and move less"),
    ]
  }
}

extension InitChoices {
  /// Short trainings that begin with given weights.
  func fitTraining(_ recipe: inout Recipe, from start: InitStart) -> [Note] {
    let count = labelled.count
    let batch = count < 2_000 ? 32 : 64
    let selected = min(unlabelled.count, labelled.classes * recipe.ranking.imagesPerClass)
    var notes = fineTune(
      &recipe.teacher.training, "teacher.training", max(15 * count, 150 * batch), batch, start)
    if start.studentTakesWeights {
      notes += fineTune(
        &recipe.student.training, "student.training",
        max(15 * count, 2 * selected, 300 * batch), batch, start)
      notes += baseline(&recipe) { training, key in
        fineTune(&training, key, max(15 * count, 150 * batch), batch, start)
      }
    } else {
      let images = Self.rounded(max(160 * count, 8 * selected, 2_000 * batch), .up)
      notes += fit(&recipe.student.training, "student.training", images, batch) {
        "\($0) times D; below 120 times, Figure 4 shows a loss instead of a gain"
      }
      notes += asFresh(&recipe.student.training, "student.training", start)
      notes += baseline(&recipe) { training, key in
        let images = Self.rounded(max(100 * count, 1_000 * batch), .up)
        return fit(&training, key, images, batch) { "\($0) passes over D" }
          + asFresh(&training, key, start)
      }
    }
    var training = recipe.fineTuning.training
    let key = "fineTuning.training"
    notes += fitFineTuning(&training, batch)
    if start.kind != .batchNorm || start.studentTakesWeights {
      (training.epochs, training.drops) = (10, [4, 8])
      notes += [
        Note(key: "\(key).epochs", reason: "few, since the student knows much already"),
        Note(key: "\(key).drops", reason: "a tenth of the rate, then a hundredth"),
      ]
      notes += start.fit(&training, key, rate: 0.2)
    }
    training.augmentation = recipe.teacher.training.augmentation
    recipe.fineTuning.training = training
    return notes
  }

  /// The comparison: the student's network on D alone.
  private func baseline(
    _ recipe: inout Recipe, _ fit: (inout Recipe.Training, String) -> [Note]
  ) -> [Note] {
    let reason = "the student's network on D alone, to measure U's gain by"
    return [Note(key: "baseline.enabled", reason: reason)]
      + fit(&recipe.baseline.training, "baseline.training")
  }

  private func fineTune(
    _ training: inout Recipe.Training, _ key: String, _ images: Int, _ batch: Int,
    _ start: InitStart
  ) -> [Note] {
    let images = Self.rounded(images, .up)
    var notes = fit(&training, key, images, batch) {
      "\($0) passes over D: weights that know pictures learn its classes soon"
    }
    notes += start.fit(&training, key, rate: 1)
    return notes + warmUp(&training, key)
  }

  /// A fresh network of the weights' kind.
  private func asFresh(
    _ training: inout Recipe.Training, _ key: String, _ start: InitStart
  ) -> [Note] {
    guard start.kind != .batchNorm else { return [] }
    var notes = start.fit(&training, key, rate: 1)
    training.layerDecay = 1
    notes.removeAll { $0.key == "\(key).layerDecay" }
    return notes + warmUp(&training, key)
  }

  private func warmUp(_ training: inout Recipe.Training, _ key: String) -> [Note] {
    training.warmUpImages = (training.images ?? 0) / 20
    return [Note(key: "\(key).warmUpImages", reason: "a twentieth: the last layer is new")]
  }
}
