import Training

extension Recipe {
  /// Notes what is wrong with what the student is pre-trained on.
  func checkStudent(_ found: inout RecipeProblems) {
    let isSoft = student.targets == .soft
    found.refuse(
      isSoft && student.training.loss == .oneOfM, ["student.targets", "student.training.loss"],
      "student.targets: soft gives a picture's classes their parts, but student.training.loss: oneOfM takes one; "
        + "set it to softmax")
    found.refuse(
      isSoft && ranking.strategy == .tags, ["student.targets", "ranking.strategy"],
      "student.targets: soft is what the teacher says, but ranking.strategy: tags does not ask it; take tagsRanked, "
        + "or hard")
    found.refuse(
      !(0.01...100 ~= student.temperature), "student.temperature",
      "student.temperature is \(student.temperature); it must lie between 0.01 and 100")
    found.refuse(
      !isSoft && student.temperature != 1, "student.temperature",
      "student.temperature has no meaning for student.targets: hard; remove it, or set targets: soft"
    )
    found.within(0..<1, student.mixLabelled, "student.mixLabelled")
    checkConsistency(&found)
  }
}
