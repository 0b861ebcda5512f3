import Models
import Training

extension Recipe {
  /// Every key of a recipe, in the order in which it is written.
  static var fields: [RecipeField<Recipe>] {
    [
      .value(
        "name", \.name, "The run's name: its directory is runs/NAME unless another is asked for.",
        reaches: .nothing),
      .value(
        "seed", \.seed, "The number from which every random choice follows.",
        reaches: .everyTraining),
      .value("device", \.device, "What computes.", reaches: .everyTraining),
      .value(
        "precision", \.precision, "The number format of the network's arithmetic.",
        reaches: .everyTraining),
      .value(
        "threads", \.threads,
        "Compute threads: auto takes as many as are fastest, where that changes no result, and else what the work is worth; 0 means all cores.",
        reaches: .nothing),
      .value("workers", \.workers, "Decoding threads; 0 means all cores.", reaches: .nothing),
      .value(
        "rounds", \.rounds,
        "How many rounds there are: the student of each ranks the unlabelled pictures for the next one's, which are kept in rounds/2, rounds/3 and so on; the last student is the run's.",
        reaches: .laterRounds, isYoung: true),
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
        comment:
          "Stage 4: the student on the labelled pictures; left out, loss and augmentation are the teacher's."
      ),
      .group(
        "baseline", \.baseline, Baseline.fields,
        comment:
          "The comparison: the student's architecture on the labels alone; left out, a value is the teacher's."
      ),
      .group("evaluation", \.evaluation, Evaluation.fields, comment: "How accuracy is measured."),
      .group("checkpoints", \.checkpoints, Checkpoints.fields, comment: "How often it is saved."),
      .group("report", \.report, Report.fields, comment: "What the report shows."),
    ]
  }
}

extension Recipe.Data {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "labelled", \.labelled,
        "The labelled pictures D: a folder, an IDX file, a list, or shards with labels.",
        reaches: .everyTraining),
      .value(
        "labelledSplit", \.labelledSplit,
        "The split column's value in a CSV, or train/test of a folder of IDX files.",
        reaches: .everyTraining),
      .value(
        "labelledClasses", \.labelledClasses,
        "The classes that are told apart: of the labelled, validation and test pictures only these are taken, and U keeps all of its pictures; null means all that D has.",
        reaches: .everyTraining, isYoung: true),
      .value(
        "labelledCount", \.labelledCount,
        "How many labelled pictures to use, drawn by seed, the same from each class; null means all.",
        reaches: .everyTraining),
      .value(
        "unlabelled", \.unlabelled,
        "The unlabelled pictures U: a folder, shards, a list, an index, or rest.",
        reaches: .unlabelled),
      .value(
        "unlabelledSplit", \.unlabelledSplit, "As labelledSplit, for U.", reaches: .unlabelled),
      .value(
        "unlabelledImbalance", \.unlabelledImbalance,
        "With unlabelled: rest, how many times as much of the most frequent class is kept as of the rarest: the kept parts fall exponentially, over the classes in an order drawn by seed, as in CIFAR-LT; null keeps all.",
        reaches: .unlabelled, isYoung: true),
      .value(
        "validation", \.validation, "Labelled pictures that are only measured on during training.",
        reaches: .measuring),
      .value(
        "validationSplit", \.validationSplit, "As labelledSplit, for the validation pictures.",
        reaches: .measuring),
      .value(
        "validationFraction", \.validationFraction,
        "Without validation: the part of D that is held out, stratified, by seed.",
        reaches: .everyTraining),
      .value(
        "test", \.test, "Labelled pictures that are only measured on at the end.",
        reaches: .measuringAndScoring),
      .value(
        "testSplit", \.testSplit, "As labelledSplit, for the test pictures.",
        reaches: .measuringAndScoring),
      .value(
        "labelledImages", \.labelledImages,
        "How many pictures D has: what a dry run counts with where the pictures are not there.",
        reaches: .nothing),
      .value(
        "unlabelledImages", \.unlabelledImages, "As labelledImages, for U.", reaches: .nothing),
      .value("classCount", \.classCount, "As labelledImages, for the classes.", reaches: .nothing),
      .value(
        "tagged", \.tagged,
        "W, whose tags the teacher learns before D: shards with tags, a list with a column tags, or any pictures with taggedTags; null means that there is no stage 0.",
        reaches: .pretraining, isYoung: true),
      .value(
        "taggedSplit", \.taggedSplit, "As labelledSplit, for W.", reaches: .pretraining,
        isYoung: true),
      .value(
        "taggedTags", \.taggedTags,
        "A list (CSV or Parquet) of key,tags for the pictures of W, where their tags stand by themselves.",
        reaches: .pretraining, isYoung: true),
      .value(
        "taggedImages", \.taggedImages, "As labelledImages, for W.", reaches: .nothing,
        isYoung: true),
      .value(
        "tagClassCount", \.tagClassCount, "As labelledImages, for the classes that W's tags are.",
        reaches: .nothing, isYoung: true),
      .value(
        "shardSize", \.shardSize,
        "How many pictures of U share one score file, where U has no shards of its own.",
        reaches: .unlabelled),
      .value(
        "requireTags", \.requireTags,
        "A CSV of tag,class: only pictures of U with one of its tags are scored.",
        reaches: .unlabelled),
      .value(
        "unreadableLimit", \.unreadableLimit,
        "The share of pictures that may be unreadable before the run stops; 1 never stops it.",
        reaches: .nothing),
      .value(
        "maxPixels", \.maxPixels,
        "A picture with more pixels is refused before it is decoded; a WebP may have a third, a progressive JPEG half as many, which cost as much.",
        reaches: .everyTraining),
      .value(
        "cache", \.cache,
        "A folder in which scoring leaves U's pictures at training size, from which the student is then pre-trained: decoded once, not in every pass.",
        reaches: .nothing, isYoung: true),
      .value(
        "cacheSize", \.cacheSize,
        "The shorter side of these in pixels, of pictures that are larger; null means input.resize, or 8/7 of input.size where that is more.",
        reaches: .nothing, isYoung: true),
      .value(
        "cacheFormat", \.cacheFormat,
        "How they are written: JPEG files, or plain pixels (.npy), which take ten times the disk and no decoding.",
        reaches: .nothing, isYoung: true),
      .value(
        "cacheQuality", \.cacheQuality, "The quality of those that are JPEGs, 1 to 100.",
        reaches: .nothing, isYoung: true),
    ]
  }
}

extension ImageInput {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "size", \.size, "The side of the network's square input, in training and in evaluation.",
        reaches: .everyTraining),
      .value(
        "resize", \.resize,
        "Evaluation: the shorter side is resized to this before the centre crop.",
        reaches: .measuringAndScoring),
      .value(
        "interpolation", \.interpolation, "Evaluation: how it is resized.",
        reaches: .measuringAndScoring),
      .value(
        "channels", \.channels, "1 for grey pictures, 3 for colour.", reaches: .everyTraining,
        of: [1, 3]),
      .value(
        "mean", \.mean, "Subtracted from each channel, on a scale of 0 to 1.",
        reaches: .everyTraining),
      .value("std", \.std, "Each channel is then divided by this.", reaches: .everyTraining),
    ]
  }
}

extension Recipe.Teacher {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "kind", \.kind,
        "How it comes about: trained on D; a linear layer or the nearest neighbours on the features of startFrom's network, which stays as it is; or given, where scores come from elsewhere.",
        reaches: .itsStage, isYoung: true),
      .value(
        "model", \.model, "The architecture's name, as halcyon models lists it.",
        reaches: .pretraining, expected: "one of these names"),
      .value("stem", \.stem, "Its first layers.", reaches: .pretraining),
      .value("width", \.width, "The channels of its first stage.", reaches: .pretraining),
      .value(
        "startFrom", \.startFrom,
        "A model folder or a file of weights (safetensors, or PyTorch's .pth, .pt, .bin) to start from.",
        reaches: .pretraining),
      .training(\.training) { $0.teacher.kind == .trained },
      .group("pretraining", \.pretraining, Pretraining.fields),
      .group("fineTuneOn", \.fineTuneOn, FineTuneOn.fields),
      .value(
        "neighbours", \.neighbours,
        "With knn: how many labelled pictures, the nearest ones, vote.", reaches: .itsStage,
        isYoung: true),
      .value(
        "temperature", \.temperature,
        "With knn: what their similarities are divided by; the lower, the more the nearest counts.",
        reaches: .itsStage, isYoung: true),
    ]
  }
}

extension Recipe.Ranking {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "labelsPerImage", \.labelsPerImage,
        "P: how many of its best classes each picture is ranked in.", reaches: .itsStage),
      .value(
        "imagesPerClass", \.imagesPerClass, "K: how many of its best pictures each class keeps.",
        reaches: .itsStage),
      .value(
        "teachers", \.teachers,
        "With teacher.kind given: the directories of runs over the same pictures and classes; the mean of their teachers' probabilities is selected from.",
        reaches: .itsStage, isYoung: true),
      .value("batch", \.batch, "Pictures a forward pass scores at once.", reaches: .itsStage),
      .value(
        "precision", \.precision,
        "The number format of the teacher's arithmetic while it scores: auto is that of the key precision; int8 (convolutions on a CPU, calibrated on labelled pictures) is the fastest.",
        reaches: .itsStage, isYoung: true),
      .value(
        "minimumScore", \.minimumScore,
        "Pictures below this score (a class's log-odds; 2.94 is a probability of 95 %) are not kept; null keeps all.",
        reaches: .itsStage),
      .value("strategy", \.strategy, "Which pictures a class gets.", reaches: .itsStage),
      .value(
        "classCounts", \.classCounts,
        "With unbalanced: how many pictures each class gets; empty means Zipf's law.",
        reaches: .itsStage),
      .value(
        "zipfExponent", \.zipfExponent, "With unbalanced: the exponent of Zipf's law.",
        reaches: .itsStage),
      .value(
        "tags", \.tags,
        "With tags and tagsRanked: a CSV of tag,class; null means data.requireTags, or, with imageTags, that a tag means the class of its name.",
        reaches: .itsStage),
      .value(
        "imageTags", \.imageTags,
        "With tags and tagsRanked: a list (CSV or Parquet) of key,tags for the pictures of U, where their tags stand by themselves.",
        reaches: .itsStage, isYoung: true),
      .value(
        "fraction", \.fraction,
        "The part of U that takes part, drawn by the pictures' keys: 1 is all of it.",
        reaches: .itsStage),
      .value(
        "fractionSeed", \.fractionSeed,
        "What that part, and the random pictures of tags, are drawn from.", reaches: .itsStage),
      .value(
        "fillByRepetition", \.fillByRepetition,
        "Whether a class with fewer than K pictures repeats some of them.",
        reaches: .itsStage),
      .value(
        "duplicates", \.duplicates,
        "What is done about copies among the candidates.", reaches: .itsStage),
      .value(
        "candidates", \.candidates,
        "How many candidates a class has, as a multiple of K, so that copies can be replaced.",
        reaches: .itsStage),
      .value(
        "leaveOut", \.leaveOut,
        "Which pictures of U are left out because D or the test pictures hold them too.",
        reaches: .itsStage),
      .value(
        "allowMissing", \.allowMissing, "Whether to select although some shards have no scores.",
        reaches: .itsStage),
    ]
  }
}

extension Recipe.Student {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "model", \.model, "The architecture's name, as halcyon models lists it.",
        reaches: .studentAndBaseline, expected: "one of these names"),
      .value("stem", \.stem, "Its first layers.", reaches: .studentAndBaseline),
      .value("width", \.width, "The channels of its first stage.", reaches: .studentAndBaseline),
      .value(
        "startFrom", \.startFrom,
        "A model folder or a file of weights (safetensors, or PyTorch's .pth, .pt, .bin) to start from; the baseline then does, too.",
        reaches: .studentAndBaseline, isYoung: true),
      .value(
        "targets", \.targets,
        "A selected picture's target: hard is its classes, all alike; soft the teacher's probabilities of its P best classes, made to sum to 1; teacher its probabilities of each view that the student sees, which take a forward pass of the teacher (distillation).",
        reaches: .itsStage, isYoung: true),
      .value(
        "temperature", \.temperature,
        "With soft and teacher: p^(1/T) takes the place of p; above 1 the classes come nearer to each other.",
        reaches: .itsStage, isYoung: true),
      .value(
        "mixLabelled", \.mixLabelled,
        "The part of the pictures seen in pre-training that is from D, beside the selected ones, such as 0.1; 0 for none, and 1, with targets: teacher, for D alone, whose labels the teacher refines.",
        reaches: .itsStage, isYoung: true),
      .group("consistency", \.consistency, Recipe.Consistency.fields),
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
      .value("enabled", \.enabled, "Whether it is trained.", reaches: .comparisons),
      .value(
        "long", \.long,
        "Whether it is trained once more, for as many images as the whole pipeline saw.",
        reaches: .comparisons),
      .training(\.training) { $0.baseline.enabled },
    ]
  }
}

extension Recipe.Evaluation {
  static var fields: [RecipeField<Self>] {
    [
      .value("batch", \.batch, "Pictures a forward pass measures at once.", reaches: .measuring),
      .value(
        "everyImages", \.everyImages,
        "Validation accuracy after every so many images; null means at the end of a stage only.",
        reaches: .nothing),
    ]
  }
}

extension Recipe.Checkpoints {
  static var fields: [RecipeField<Self>] {
    [
      .value("everySteps", \.everySteps, "Steps between two checkpoints.", reaches: .nothing),
      .value("keep", \.keep, "How many of the newest checkpoints stay.", reaches: .nothing),
    ]
  }
}

extension Recipe.Report {
  static var fields: [RecipeField<Self>] {
    [
      .value(
        "ranks", \.ranks,
        "The ranks whose pictures are shown; empty means 1, K/16, K/8, K/4, K/2 and K.",
        reaches: .nothing)
    ]
  }
}

// MARK: - Training
