import ImageData
import Models
import Training

extension Recipe {
  /// Every reason why this recipe cannot be followed, in the order of its keys.
  var problems: [RecipeProblem] {
    var found = RecipeProblems()
    checkRun(&found)
    checkData(&found)
    checkInput(&found)
    checkStages(&found)
    checkPretraining(&found)
    if teacher.kind == .trained { checkTraining(teacher.training, "teacher.training", &found) }
    checkTraining(student.training, "student.training", &found)
    checkTraining(fineTuning.training, "fineTuning.training", &found)
    if baseline.enabled { checkTraining(baseline.training, "baseline.training", &found) }
    return found.list
  }

  /// Whether a run can be called so: its folder is.
  static func isFolderName(_ name: String) -> Bool {
    !name.isEmpty && !name.hasPrefix(".") && !name.contains("/")
      && !name.unicodeScalars.contains { $0.value < 0x20 }
  }

  private func checkRun(_ found: inout RecipeProblems) {
    found.refuse(
      !Self.isFolderName(name), "name",
      "name is \(name.yaml); it names a folder, so give letters and digits without a slash")
    found.atLeast(0, seed, "seed", atMost: .max)
    if case .count(let count) = threads { found.atLeast(0, count, "threads", atMost: 1024) }
    found.atLeast(0, workers, "workers", atMost: 1024)
    found.atLeast(1, evaluation.batch, "evaluation.batch", atMost: 1 << 24)
    found.atLeast(1, evaluation.everyImages, "evaluation.everyImages")
    found.atLeast(1, checkpoints.everySteps, "checkpoints.everySteps")
    found.atLeast(1, checkpoints.keep, "checkpoints.keep")
    found.refuse(
      report.ranks.contains { $0 < 1 || $0 > ranking.imagesPerClass }, "report.ranks",
      "report.ranks must lie between 1 and ranking.imagesPerClass (\(ranking.imagesPerClass))")
  }

  private func checkData(_ found: inout RecipeProblems) {
    found.atLeast(1, data.labelledCount, "data.labelledCount")
    found.refuse(
      data.unlabelledIsRest && data.labelledCount == nil, "data.unlabelled",
      "data.unlabelled is rest, but every labelled picture is used; give data.labelledCount")
    found.refuse(
      data.unlabelledIsRest && data.unlabelledSplit != nil, "data.unlabelledSplit",
      "data.unlabelledSplit has no meaning for the rest of data.labelled; remove it")
    found.within(0..<1, data.validationFraction, "data.validationFraction")
    found.refuse(
      data.validation != nil && data.validationFraction > 0, "data.validationFraction",
      "data.validation is given, so nothing is held out; set data.validationFraction to 0")
    found.refuse(
      data.validation == nil && data.validationSplit != nil, "data.validationSplit",
      "data.validationSplit is a split of data.validation, which is missing; give it too")
    found.refuse(
      data.test == nil && data.testSplit != nil, "data.testSplit",
      "data.testSplit is a split of data.test, which is missing; give it too")
    found.atLeast(1, data.shardSize, "data.shardSize")
    found.atLeast(1, data.maxPixels, "data.maxPixels")
    found.within(0...1, data.unreadableLimit, "data.unreadableLimit")
    found.refuse(
      data.unlabelledIsRest && data.requireTags != nil, "data.requireTags",
      "data.requireTags has no meaning for the rest of data.labelled, which has no tags; remove it")
    checkCache(&found)
  }

  private func checkCache(_ found: inout RecipeProblems) {
    let defaults = Data(labelled: "", unlabelled: "")
    for (key, isSet) in [
      ("data.cacheSize", data.cacheSize != nil),
      ("data.cacheFormat", data.cacheFormat != defaults.cacheFormat),
      ("data.cacheQuality", data.cacheQuality != defaults.cacheQuality),
    ] {
      found.refuse(
        data.cache == nil && isSet, key,
        "\(key) says what the pictures in data.cache are like, which is missing; give it too (--cache DIR)"
      )
    }
    found.within(1...100, data.cacheQuality, "data.cacheQuality")
    found.refuse(
      data.cacheFormat == .raw && data.cacheQuality != defaults.cacheQuality, "data.cacheQuality",
      "data.cacheQuality has no meaning for plain pixels; remove it, or set cacheFormat: jpeg")
    found.atLeast(1, data.cacheSize, "data.cacheSize", atMost: 16_384)
    found.refuse(
      data.cacheSize.map { $0 < input.size } ?? false, ["data.cacheSize", "input.size"],
      "data.cacheSize (\(data.cacheSize ?? 0)) is less than input.size (\(input.size)), to which crops would "
        + "be enlarged; give \(CacheFormat.defaultSize(crop: input.size)) or more")
  }

  private func checkInput(_ found: inout RecipeProblems) {
    found.atLeast(1, input.size, "input.size", atMost: 16_384)
    found.atLeast(1, input.resize, "input.resize", atMost: 16_384)
    found.refuse(
      input.size > input.resize, ["input.resize", "input.size"],
      "input.size (\(input.size)) is cut from input.resize (\(input.resize)); make resize no less")
    found.refuse(
      ![1, 3].contains(input.channels), "input.channels",
      "input.channels is \(input.channels); it must be 1 (grey) or 3 (colour)")
    for (key, values) in [("input.mean", input.mean), ("input.std", input.std)] {
      found.refuse(
        values.count != input.channels, [key, "input.channels"],
        "\(key) has \(values.count) numbers for input.channels \(input.channels); give one a channel"
      )
    }
    found.refuse(
      input.std.contains { $0 <= 0 }, "input.std", "input.std must be above 0, or nothing is left")
  }

  private func checkStages(_ found: inout RecipeProblems) {
    for (stage, model, stem, width) in [
      ("teacher", teacher.model, teacher.stem, teacher.width),
      ("student", student.model, student.stem, student.width),
    ] {
      let isFixed = ModelCatalog.names.contains(model) && !ModelCatalog.isScalable(model)
      found.refuse(
        isFixed && (stem != .standard || width != 64), ["\(stage).width", "\(stage).stem"],
        "\(stage).model: \(model) has a stem and a width of its own; leave stem and width out")
      let near = nearest(model, in: ModelCatalog.names).map { "did you mean \($0)?" }
      found.refuse(
        !ModelCatalog.names.contains(model), "\(stage).model",
        "\(stage).model: no model is named \(model.yaml); "
          + (near ?? "`halcyon models` lists the names"))
      found.atLeast(1, width, "\(stage).width", atMost: 1 << 16)
    }
    found.atLeast(1, ranking.labelsPerImage, "ranking.labelsPerImage")
    found.atLeast(
      1, ranking.imagesPerClass, "ranking.imagesPerClass", atMost: ranking.mostImagesPerClass)
    found.atLeast(1, ranking.batch, "ranking.batch", atMost: 1 << 24)
    checkScoringPrecision(&found)
    checkStudent(&found)
    checkTeachers(&found)
    checkSelection(&found)

    checkTeacher(&found)
    found.refuse(
      teacher.training.freezeBackbone && teacher.startFrom == nil && data.tagged == nil
        && teacher.fineTuneOn.labelled == nil && teacher.kind == .trained,
      "teacher.training.freezeBackbone",
      "teacher.training.freezeBackbone needs weights to keep; give teacher.startFrom or data.tagged"
    )
    for (key, frozen) in [
      ("student.training.freezeBackbone", student.training.freezeBackbone),
      ("baseline.training.freezeBackbone", baseline.enabled && baseline.training.freezeBackbone),
    ] {
      found.refuse(
        frozen && student.startFrom == nil, key,
        "\(key): this network starts from nothing; set it to false, or give student.startFrom")
    }
  }

  private func checkTeacher(_ found: inout RecipeProblems) {
    found.refuse(
      teacher.kind.isOnFeatures && teacher.startFrom == nil, ["teacher.startFrom", "teacher.kind"],
      "teacher.kind: \(teacher.kind.rawValue) needs a network whose features it works on; give "
        + "teacher.startFrom, a model folder or a file of weights")
    for (key, isSet) in [
      ("data.tagged", data.tagged != nil),
      ("teacher.fineTuneOn.labelled", teacher.fineTuneOn.labelled != nil),
    ] {
      found.refuse(
        isSet && teacher.kind != .trained, key,
        "\(key) is what a teacher learns before D, but teacher.kind is \(teacher.kind.rawValue), which "
          + "learns nothing before it; remove it, or set kind: trained")
    }
    found.atLeast(1, teacher.neighbours, "teacher.neighbours", atMost: 1 << 20)
    found.refuse(
      !(0.01...1000 ~= teacher.temperature), "teacher.temperature",
      "teacher.temperature is \(teacher.temperature); it must lie between 0.01 and 1000")
    let defaults = Teacher()
    for (key, isSet) in [
      ("teacher.neighbours", teacher.neighbours != defaults.neighbours),
      ("teacher.temperature", teacher.temperature != defaults.temperature),
    ] {
      found.refuse(
        isSet && teacher.kind != .knn, key,
        "\(key) has no meaning for teacher.kind: \(teacher.kind.rawValue); remove it, or set kind: knn"
      )
    }
  }

  private func checkScoringPrecision(_ found: inout RecipeProblems) {
    found.refuse(
      teacher.kind == .given && ranking.precision != .auto,
      ["ranking.precision", "teacher.kind"],
      "ranking.precision has no meaning with teacher.kind: given, since nothing is computed; remove it"
    )
  }

  private func checkTeachers(_ found: inout RecipeProblems) {
    let teachers = ranking.teachers
    found.refuse(
      !teachers.isEmpty && teacher.kind != .given, ["ranking.teachers", "teacher.kind"],
      "ranking.teachers takes the place of this run's own teacher; set teacher.kind: given (a teacher of "
        + "your own is one of the mean when its run is named, too)")
    found.refuse(
      Set(teachers).count != teachers.count, "ranking.teachers",
      "ranking.teachers names a run twice; leave one of them")
  }

  private func checkSelection(_ found: inout RecipeProblems) {
    found.refuse(
      !(ranking.fraction > 0 && ranking.fraction <= 1), "ranking.fraction",
      "ranking.fraction is \(ranking.fraction); it must be above 0 and at most 1")
    found.within(1...100, ranking.candidates, "ranking.candidates")
    found.within(0...10, ranking.zipfExponent, "ranking.zipfExponent")
    found.refuse(
      ranking.classCounts.contains { !(0...1 << 32).contains($0) }, "ranking.classCounts",
      "ranking.classCounts must be counts of pictures, one a class")
    found.refuse(
      ranking.strategy != .unbalanced && !ranking.classCounts.isEmpty, "ranking.classCounts",
      "ranking.classCounts needs strategy: unbalanced; remove it or change the strategy")
    let needsTags = ranking.strategy == .tags || ranking.strategy == .tagsRanked
    found.refuse(
      needsTags && ranking.tags == nil && data.requireTags == nil, "ranking.strategy",
      "ranking.strategy \(ranking.strategy.rawValue) needs to know which class a tag means; give "
        + "ranking.tags, a CSV of tag,class")
  }

  func checkTraining(
    _ training: Training, _ path: String, _ found: inout RecipeProblems
  ) {
    func key(_ name: String) -> String { "\(path).\(name)" }
    found.refuse(
      training.images == nil && training.epochs == nil, [key("images"), key("epochs"), path],
      "\(path) has neither images nor epochs; give one of them")
    found.refuse(
      training.images != nil && training.epochs != nil, [key("epochs"), key("images"), path],
      "\(path) has both images and epochs; remove one of them")
    found.atLeast(1, training.images, key("images"))
    found.atLeast(1, training.epochs, key("epochs"))
    found.atLeast(1, training.batch, key("batch"), atMost: 1 << 24)
    found.atLeast(1, training.accumulate, key("accumulate"))
    found.atLeast(1, training.replicas, key("replicas"), atMost: 1024)
    let accumulate = max(training.accumulate, 1)
    let (product, overflow) = accumulate.multipliedReportingOverflow(by: max(training.replicas, 1))
    let parts = overflow ? .max : product
    let (partKeys, partWords, partsOf) =
      training.replicas > 1
      ? (
        [key("replicas"), key("accumulate"), key("batch")], "accumulate × replicas (\(parts))",
        "\(key("accumulate")) × replicas (\(parts))"
      )
      : (
        [key("accumulate"), key("batch")], "accumulate (\(training.accumulate))",
        "\(key("accumulate")) (\(training.accumulate))"
      )
    found.refuse(
      training.accumulate > 0 && training.batch % parts != 0, partKeys,
      "\(key("batch")) (\(training.batch)) is not divisible by \(partWords); a batch is computed in "
        + "equal parts")
    // Batch norm takes its statistics of a micro-batch: one picture's hide what tells it from others.
    found.refuse(
      training.accumulate > 0 && training.batch >= 1 && training.batch / parts == 1
        && !training.freezeBackbone, partKeys,
      "\(key("batch")) (\(training.batch)) in \(partsOf) parts is one picture at a time, "
        + "from which batch norm learns nothing; make the batch larger or the parts fewer")
    found.refuse(
      training.learningRate <= 0, key("learningRate"),
      "\(key("learningRate")) is \(training.learningRate); it must be above 0")
    found.atLeast(0, training.warmUpFrom, key("warmUpFrom"))
    found.atLeast(0, training.warmUpImages, key("warmUpImages"))
    if let warmUp = training.warmUpImages, let images = training.images, warmUp > 0 {
      found.refuse(
        warmUp >= images, [key("warmUpImages"), key("images")],
        "\(key("warmUpImages")) (\(warmUp)) leaves nothing of \(images) images; make it less")
    }
    found.within(0...1_000, training.halvings, key("halvings"))
    let ascending = zip(training.drops, training.drops.dropFirst()).allSatisfy { $0 < $1 }
    found.refuse(
      !ascending || training.drops.contains { !(1...1 << 30).contains($0) }, key("drops"),
      "\(key("drops")) is \(training.drops.yaml); it must be ascending epochs, 1 to \(1 << 30)")
    found.refuse(
      training.dropFactor <= 0 || training.dropFactor > 1, key("dropFactor"),
      "\(key("dropFactor")) is \(training.dropFactor); it must be above 0 and at most 1")
    let near = nearest(training.optimizer, in: Optimizers.names).map { "did you mean \($0)?" }
    found.refuse(
      !Optimizers.names.contains(training.optimizer), key("optimizer"),
      "\(key("optimizer")): no optimiser is named \(training.optimizer.yaml); "
        + (near ?? "there are \(Optimizers.names.joined(separator: ", "))"))
    found.within(0..<1, training.momentum, key("momentum"))
    found.refuse(
      training.nesterov && training.momentum == 0, key("nesterov"),
      "\(key("nesterov")) needs a momentum above 0; set it to false")
    found.atLeast(0, training.weightDecay, key("weightDecay"))
    found.refuse(
      training.layerDecay <= 0 || training.layerDecay > 1, key("layerDecay"),
      "\(key("layerDecay")) is \(training.layerDecay); it must be above 0 and at most 1")
    found.refuse(
      training.layerDecay < 1 && !Optimizers.decayingByLayer.contains(training.optimizer),
      key("layerDecay"),
      "\(key("layerDecay")) needs \(key("optimizer")): "
        + "\(Optimizers.decayingByLayer.joined(separator: " or ")); set it to 1")
    found.within(0..<1, training.dropPath, key("dropPath"))
    found.within(0..<1, training.ema, key("ema"))
    checkTargets(training, path, &found)
    checkAugmentation(training.augmentation, key("augmentation"), &found)
    let mixing = [key("augmentation.mixup"), key("augmentation.cutmix")]
    let isMixed = training.augmentation.mixup > 0 || training.augmentation.cutmix > 0
    found.refuse(
      isMixed && training.batch >= 1 && training.batch % parts == 0
        && training.batch / parts % 2 != 0,
      mixing + partKeys,
      "mixup and cutmix mix each two pictures of a part, but \(key("batch")) (\(training.batch)) has parts of "
        + "\(training.batch / parts); make them even")
  }

  private func checkAugmentation(
    _ augmentation: TrainingSettings.Augmentation, _ path: String, _ found: inout RecipeProblems
  ) {
    let scale = augmentation.scale
    found.refuse(
      scale.lowerBound <= 0 || scale.upperBound > 1, "\(path).scale",
      "\(path).scale is \(scale.yaml); it must lie above 0 and at most at 1")
    found.refuse(
      augmentation.ratio.lowerBound <= 0, "\(path).ratio",
      "\(path).ratio is \(augmentation.ratio.yaml); it must lie above 0")
    found.atLeast(0, augmentation.padding, "\(path).padding", atMost: 16_384)
    found.within(0...1, augmentation.flip, "\(path).flip")
    found.within(0...1, augmentation.erasing, "\(path).erasing")
    found.atLeast(1, augmentation.operations, "\(path).operations", atMost: 100)
    found.within(0...AutoAugment.mostMagnitude, augmentation.magnitude, "\(path).magnitude")
    let defaults = TrainingSettings.Augmentation()
    for (name, isSet) in [
      ("operations", augmentation.operations != defaults.operations),
      ("magnitude", augmentation.magnitude != defaults.magnitude),
    ] {
      found.refuse(
        isSet && augmentation.autoAugment != .randAugment, "\(path).\(name)",
        "\(path).\(name) has no meaning for autoAugment: \(augmentation.autoAugment.rawValue); remove it, or set "
          + "autoAugment: randAugment")
    }
    found.within(0...100, augmentation.mixup, "\(path).mixup")
    found.within(0...100, augmentation.cutmix, "\(path).cutmix")
  }
}

extension Recipe.Ranking {
  /// K counts in 32 bits, and so do the candidates of a class, of which there are more while copies
  /// are dropped.
  fileprivate var mostImagesPerClass: Int {
    let isMultiplied = duplicates != .keep && candidates >= 1
    return Int(Double(UInt32.max) / (isMultiplied ? candidates : 1))
  }
}
