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
    for training in trainings where training.isUsed(self) {
      checkTraining(training.settings, training.key, &found)
    }
    return found.list
  }

  /// Every training group, in the order of the keys.
  private var trainings: [RecipeTraining] {
    Self.fields.flatMap { $0.trainings(self, $0.name) }
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
    found.atLeast(1, rounds, "rounds", atMost: 100)
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
    if let classes = data.labelledClasses {
      found.refuse(
        classes.count < 2 || Set(classes).count < classes.count, "data.labelledClasses",
        "data.labelledClasses must name two classes or more, each once")
    }
    found.refuse(
      data.unlabelledIsRest && data.labelledCount == nil, "data.unlabelled",
      "data.unlabelled is rest, but every labelled picture is used; give data.labelledCount")
    found.refuse(
      data.unlabelledIsRest && data.unlabelledSplit != nil, "data.unlabelledSplit",
      "data.unlabelledSplit has no meaning for the rest of data.labelled; remove it")
    if let imbalance = data.unlabelledImbalance {
      found.refuse(
        !data.unlabelledIsRest, "data.unlabelledImbalance",
        "data.unlabelledImbalance thins the rest of data.labelled, whose labels are known; remove it, or set "
          + "data.unlabelled to rest")
      found.within(1...1e9, imbalance, "data.unlabelledImbalance")
    }
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
    let hasTags = ranking.tags != nil || data.requireTags != nil || ranking.imageTags != nil
    found.refuse(
      ranking.strategy.needsTags && !hasTags, "ranking.strategy",
      "ranking.strategy \(ranking.strategy.rawValue) needs to know which class a tag means; give "
        + "ranking.tags, a CSV of tag,class, or ranking.imageTags, a list of key,tags")
    found.refuse(
      ranking.imageTags != nil && !ranking.strategy.needsTags, "ranking.imageTags",
      "ranking.imageTags needs strategy: tags or tagsRanked; remove it or change the strategy")
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
