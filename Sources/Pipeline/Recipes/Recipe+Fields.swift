extension Recipe {
  /// Every key of a recipe, in the order in which it is written.
  static var fields: [RecipeField<Recipe>] {
    [
      .value("name", \.name),
      .value("seed", \.seed),
      .value("device", \.device),
      .value("precision", \.precision),
      .value("threads", \.threads),
      .value("workers", \.workers),
      .group("data", \.data, Data.fields, comment: "Where the pictures are."),
      .group("input", \.input, Input.fields, comment: "What the networks see."),
      .group(
        "teacher", \.teacher, Teacher.fields,
        comment: "Stage 1: trained on the labelled pictures."),
      .group(
        "ranking", \.ranking, Ranking.fields,
        comment: "Stage 2: the teacher's best pictures of each class."),
      .group("student", \.student, Student.fields, comment: "Stage 3: pre-trained on them."),
      .group(
        "fineTuning", \.fineTuning, FineTuning.fields,
        comment: "Stage 4: the student on the labelled pictures."),
      .group(
        "baseline", \.baseline, Baseline.fields,
        comment: "The comparison: the student's architecture on the labelled pictures alone."),
      .group("evaluation", \.evaluation, Evaluation.fields, comment: "How accuracy is measured."),
      .group("checkpoints", \.checkpoints, Checkpoints.fields, comment: "How often it is saved."),
      .group("report", \.report, Report.fields, comment: "What the report shows."),
    ]
  }
}

extension Recipe.Data {
  static var fields: [RecipeField<Self>] {
    [
      .value("labelled", \.labelled),
      .value("labelledSplit", \.labelledSplit),
      .value("labelledCount", \.labelledCount),
      .value("unlabelled", \.unlabelled),
      .value("unlabelledSplit", \.unlabelledSplit),
      .value("validation", \.validation),
      .value("validationSplit", \.validationSplit),
      .value("validationFraction", \.validationFraction),
      .value("test", \.test),
      .value("testSplit", \.testSplit),
      .value("labelledImages", \.labelledImages),
      .value("unlabelledImages", \.unlabelledImages),
      .value("classCount", \.classCount),
      .value("shardSize", \.shardSize),
      .value("requireTags", \.requireTags),
      .value("unreadableLimit", \.unreadableLimit),
      .value("maxPixels", \.maxPixels),
    ]
  }
}

extension Recipe.Input {
  static var fields: [RecipeField<Self>] {
    [
      .value("size", \.size),
      .value("resize", \.resize),
      .value("interpolation", \.interpolation),
      .value("channels", \.channels),
      .value("mean", \.mean),
      .value("std", \.std),
    ]
  }
}

extension Recipe.Teacher {
  static var fields: [RecipeField<Self>] {
    [
      .value("model", \.model),
      .value("stem", \.stem),
      .value("width", \.width),
      .value("startFrom", \.startFrom),
      .training(\.training),
    ]
  }
}

extension Recipe.Ranking {
  static var fields: [RecipeField<Self>] {
    [
      .value("labelsPerImage", \.labelsPerImage),
      .value("imagesPerClass", \.imagesPerClass),
      .value("batch", \.batch),
      .value("minimumScore", \.minimumScore),
      .value("strategy", \.strategy),
      .value("classCounts", \.classCounts),
      .value("zipfExponent", \.zipfExponent),
      .value("tags", \.tags),
      .value("fraction", \.fraction),
      .value("fractionSeed", \.fractionSeed),
      .value("fillByRepetition", \.fillByRepetition),
      .value("duplicates", \.duplicates),
      .value("candidates", \.candidates),
      .value("leaveOut", \.leaveOut),
      .value("allowMissing", \.allowMissing),
    ]
  }
}

extension Recipe.Student {
  static var fields: [RecipeField<Self>] {
    [
      .value("model", \.model),
      .value("stem", \.stem),
      .value("width", \.width),
      .training(\.training),
    ]
  }
}

extension Recipe.FineTuning {
  static var fields: [RecipeField<Self>] { [.training(\.training)] }
}

extension Recipe.Baseline {
  static var fields: [RecipeField<Self>] {
    [
      .value("enabled", \.enabled),
      .value("long", \.long),
      .training(\.training),
    ]
  }
}

extension Recipe.Evaluation {
  static var fields: [RecipeField<Self>] {
    [.value("batch", \.batch), .value("everyImages", \.everyImages)]
  }
}

extension Recipe.Checkpoints {
  static var fields: [RecipeField<Self>] {
    [.value("everySteps", \.everySteps), .value("keep", \.keep)]
  }
}

extension Recipe.Report {
  static var fields: [RecipeField<Self>] { [.value("ranks", \.ranks)] }
}

// MARK: - Training

extension RecipeField {
  /// The `training` group; a budget in images takes the place of a default in epochs, and the
  /// other way round.
  static func training(_ member: WritableKeyPath<Root, Recipe.Training>) -> Self {
    .group("training", member, Recipe.Training.fields) { given, training in
      switch (given.contains("images"), given.contains("epochs")) {
      case (true, false): training.epochs = nil
      case (false, true): training.images = nil
      default: break
      }
    }
  }
}

extension Recipe.Training {
  static var fields: [RecipeField<Self>] {
    [
      .value("images", \.images),
      .value("epochs", \.epochs),
      .value("batch", \.batch),
      .value("accumulate", \.accumulate),
      .value("learningRate", \.learningRate),
      .value("warmUpFrom", \.warmUpFrom),
      .value("warmUpImages", \.warmUpImages),
      .value("schedule", \.schedule),
      .value("halvings", \.halvings),
      .value("drops", \.drops),
      .value("dropFactor", \.dropFactor),
      .value("momentum", \.momentum),
      .value("nesterov", \.nesterov),
      .value("weightDecay", \.weightDecay),
      .value("loss", \.loss),
      .value("order", \.order),
      .group("augmentation", \.augmentation, Recipe.Augmentation.fields),
      .value("freezeBackbone", \.freezeBackbone),
    ]
  }
}

extension Recipe.Augmentation {
  static var fields: [RecipeField<Self>] {
    [
      .value("crop", \.crop),
      .value("scale", \.scale),
      .value("ratio", \.ratio),
      .value("padding", \.padding),
      .value("flip", \.flip),
      .value("erasing", \.erasing),
    ]
  }
}
