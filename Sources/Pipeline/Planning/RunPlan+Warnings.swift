import Files
import Foundation
import Models
import Recipes
import Training

extension RunPlan {
  /// Notes what experience and the paper's Table 1 say against this plan.
  func warn(_ preflight: inout Preflight) {
    let classes = counts.classes
    let perImage = min(recipe.ranking.labelsPerImage, classes)
    let wanted = recipe.ranking.imagesPerClass
    let images = trainings.first { $0.stage == .student }?.images ?? 0

    // What cannot work out.
    let ocean = recipe.ranking.part(of: counts.unlabelled)
    let candidates = ocean * perImage / max(classes, 1)
    let selects = recipe.learnsSelected(.student)
    if selects, candidates < wanted {
      preflight.warn(
        "K = \(Format.count(wanted)) cannot be filled: \(Format.count(ocean)) pictures\(part) "
          + "with P = \(perImage) of \(classes) classes give about \(Format.count(candidates)) "
          + "candidates a class; lower ranking.imagesPerClass or raise ranking.labelsPerImage",
        key: "ranking.imagesPerClass", evidence: .figure5)
    } else if selects, wanted * classes > ocean {
      preflight.warn(
        "K × classes = \(Format.count(wanted * classes)) is more than the "
          + "\(Format.count(ocean)) unlabelled pictures\(part): nearly all of them will be "
          + "selected, the wrong ones too; lower ranking.imagesPerClass",
        key: "ranking.imagesPerClass", evidence: .figure5)
    }
    if recipe.student.targets == .soft, perImage == 1 {
      preflight.warn(
        "student.targets: soft with P = 1 leaves each picture one class, as hard does; raise "
          + "ranking.labelsPerImage", key: "ranking.labelsPerImage")
    }
    let crossover = 120 * counts.labelled
    if images < crossover {
      preflight.warn(
        "pre-training sees \(Format.count(images)) images, less than 120 passes over the labelled "
          + "ones (\(Format.count(crossover))): the paper's Figure 4 shows a loss there; raise "
          + "student.training.images",
        key: "student.training.images", evidence: .figure4)
    }
    if recipe.data.test == nil {
      preflight.warn(
        "no data.test: the run will end without accuracies on unseen pictures; name some there",
        key: "data.test")
    }
    warnOfDepartures(&preflight)
  }

  /// What is said of a number of U's pictures where some of U is left out.
  private var part: String {
    let fraction = recipe.ranking.fraction
    return fraction < 1 ? " (ranking.fraction \(Format.significant(fraction, 3)) of U)" : ""
  }

  /// Notes where the recipe departs from the six recommendations of the paper's Table 1.
  private func warnOfDepartures(_ preflight: inout Preflight) {
    func depart(
      _ number: Int, _ recommendation: String, _ reason: String, key: String, _ evidence: Evidence
    ) {
      preflight.warn(
        "recommendation \(number) of 6, \(recommendation): \(reason)", key: key, evidence: evidence)
    }
    let pretraining = trainings.first { $0.stage == .student }
    let fineTuning = trainings.first { $0.stage == .fineTuning }
    if let teacher, teacher.multiplyAdds < student.multiplyAdds {
      depart(
        1, "a stronger teacher than the student",
        "\(recipe.teacher.model) is smaller than \(recipe.student.model); a weak teacher costs gain "
          + "(Table 3); give a larger teacher.model",
        key: "teacher.model", .table3)
    } else if let teacher, teacher.multiplyAdds == student.multiplyAdds {
      depart(
        1, "a stronger teacher than the student",
        "the two are alike; such self-training gains less (Table 4); give a larger teacher.model",
        key: "teacher.model", .table4)
    }
    if recipe.fineTuning.training.freezeBackbone {
      depart(
        2, "fine-tune on the true labels",
        "only the last layer is fine-tuned; set fineTuning.training.freezeBackbone: false",
        key: "fineTuning.training.freezeBackbone", .table2)
    } else if let steps = fineTuning?.steps, steps < 10 {
      depart(
        2, "fine-tune on the true labels",
        "it takes \(steps) steps; raise fineTuning.training.epochs or lower its batch",
        key: "fineTuning.training.epochs", .table2)
    }
    let selects = recipe.learnsSelected(.student)
    let ocean = selects ? recipe.ranking.part(of: counts.unlabelled) : counts.unlabelled
    if ocean < 10 * counts.labelled {
      let ratio = Double(ocean) / Double(counts.labelled)
      let isPart = ocean < counts.unlabelled
      depart(
        3, "a large set of unlabelled pictures",
        "there are only \(Format.fixed(ratio, 1)) for each labelled one\(part) (Figure 3); "
          + (isPart ? "raise ranking.fraction" : "name more in data.unlabelled"),
        key: isPart ? "ranking.fraction" : "data.unlabelled", .figure3)
    }
    // Figure 4: the gain is still steep below 0.5 billion images, 390 passes over ImageNet.
    if let images = pretraining?.images, images < 390 * counts.labelled {
      depart(
        4, "many pre-training iterations",
        "\(Format.count(images)) images are less than 390 passes over the labelled ones (Figure 4); "
          + "raise student.training.images",
        key: "student.training.images", .figure4)
    }
    if selects, recipe.ranking.strategy == .unbalanced {
      depart(
        5, "as many pictures of each class",
        "ranking.strategy: unbalanced keeps more of some classes than of others (Table 5); take balanced",
        key: "ranking.strategy", .table5)
    } else if selects, recipe.ranking.minimumScore != nil {
      depart(
        5, "as many pictures of each class",
        "ranking.minimumScore leaves some classes with fewer than K (Table 5); remove it",
        key: "ranking.minimumScore", .table5)
    } else if selects, ocean < recipe.ranking.imagesPerClass * counts.classes {
      depart(
        5, "as many pictures of each class",
        "K × classes is more than there are unlabelled pictures\(part), so rare classes end with fewer "
          + "than K (Table 5); lower ranking.imagesPerClass",
        key: "ranking.imagesPerClass", .table5)
    }
    if recipe.teacher.startFrom == nil, recipe.data.tagged == nil, recipe.includes(.teacher) {
      depart(
        6, "a weakly supervised teacher",
        "it starts from nothing; teacher.startFrom takes weights that saw more pictures, data.tagged pictures "
          + "with tags to learn first (Table 6)",
        key: "teacher.startFrom", .table6)
    }
  }
}
