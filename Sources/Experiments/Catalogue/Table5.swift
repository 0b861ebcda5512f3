import Recipes

extension Experiment {
  /// Table 5: how pictures are chosen, with the same number of them in all.
  @Sendable static func table5(_ scale: ExperimentScale, _ recipe: Recipe) -> Experiment {
    // The paper's 8k a class of IG-1B; here a quarter of K, so that an unbalanced choice finds enough of the
    // classes that it favours.
    let each = scale == .paper ? 8_000 : max(1, recipe.ranking.imagesPerClass / 4)
    var rows = [
      Row(
        name: "balanced-ranked", title: "Balanced, ranked",
        settings: ["ranking.strategy=balanced"]),
      Row(
        name: "unbalanced-ranked", title: "Unbalanced, ranked",
        settings: ["ranking.strategy=unbalanced"]),
    ]
    var order = ["balanced-ranked", "unbalanced-ranked"]
    // Where U is what W is, too, W's tags are U's.
    let isTagged = recipe.data.unlabelledIsRest && recipe.data.tagged == recipe.data.labelled
    let list = recipe.ranking.imageTags ?? (isTagged ? recipe.data.taggedTags : nil)
    let hasTags = list ?? recipe.ranking.tags ?? recipe.data.requireTags != nil
    if hasTags {
      rows.append(
        Row(
          name: "balanced-tags", title: "Balanced, with tags",
          settings: ["ranking.strategy=tags"] + (list.map { ["ranking.imageTags=\($0)"] } ?? [])))
      order.append("balanced-tags")
    }
    // As in the paper, where the teacher of this table has seen no tags.
    let same = recipe.settingsWithoutTags + ["ranking.imagesPerClass=\(each)"]
    for index in rows.indices { rows[index].settings += same }
    return Experiment(
      name: "table5", title: "Balance between classes, and ranking",
      about:
        "The same student learns from the best pictures of each class, from the best of classes whose sizes follow "
        + "Zipf's law and, where the unlabelled pictures have tags, from random ones with a class's tags; the same "
        + "number of labels in all, and a teacher that has seen no tags. Top-1 in percent.",
      rows: rows, columns: [.student, .purity, .supervised],
      paper: [
        ["ResNet-50", "Fine-tuned"], ["Balanced, ranked", "79.2"], ["Unbalanced, ranked", "78.4"],
        ["Balanced, with tags", "76.8"], ["Supervised", "76.4"],
      ],
      claims: zip(order, order.dropFirst()).map { better, worse in
        .larger("\(better) is better than \(worse)", [(.init(better, 0), .init(worse, 0))])
      } + [
        .larger(
          "Each is better than training on the labels alone",
          order.map { (.init($0, 0), .init($0, 2)) })
      ],
      leftOut: hasTags
        ? nil
        : "The row with tags is left out: it takes tags of the unlabelled pictures (ranking.tags, or data.taggedTags as "
          + "in Recipes/fashion-mnist-tags.yaml).")
  }
}
