import Training

extension Recipe {
  /// Notes what is wrong with what the student is pre-trained on.
  func checkStudent(_ found: inout RecipeProblems) {
    let isSoft = student.targets == .soft
    let isTaught = student.targets == .teacher
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
      student.targets == .hard && student.temperature != 1, "student.temperature",
      "student.temperature has no meaning for student.targets: hard; remove it, or set targets: soft or teacher"
    )
    found.within(0...1, student.mixLabelled, "student.mixLabelled")
    found.refuse(
      student.mixLabelled == 1 && !isTaught, ["student.mixLabelled", "student.targets"],
      "student.mixLabelled is 1: with its labels alone the student would be the baseline; give less, or "
        + "targets: teacher, which refines them")
    checkTaught(isTaught, &found)
    checkConsistency(&found)
  }

  /// Notes what has no meaning for a student whose targets are what the teacher says of each view.
  private func checkTaught(_ isTaught: Bool, _ found: inout RecipeProblems) {
    guard isTaught else { return }
    let training = student.training
    found.refuse(
      teacher.kind == .given, ["student.targets", "teacher.kind"],
      "student.targets: teacher asks the teacher's network, but teacher.kind: given has none; take soft"
    )
    found.refuse(
      teacher.kind == .knn && training.replicas > 1,
      ["student.targets", "teacher.kind", "student.training.replicas"],
      "student.targets: teacher asks a vote of nearest pictures (teacher.kind: knn), which answers one at a time; set "
        + "student.training.replicas to 1")
    found.refuse(
      !ranking.teachers.isEmpty, ["student.targets", "ranking.teachers"],
      "student.targets: teacher asks one network, but ranking.teachers names more; take soft, which is their mean"
    )
    found.refuse(
      training.loss == .oneOfM, ["student.targets", "student.training.loss"],
      "student.targets: teacher is a probability for each class, but student.training.loss: oneOfM takes one; "
        + "set it to softmax")
    found.refuse(
      training.labelSmoothing > 0 || training.targetThreshold != nil,
      ["student.targets", "student.training.labelSmoothing", "student.training.targetThreshold"],
      "student.targets: teacher are taken as they are; set student.training.labelSmoothing to 0 and targetThreshold to "
        + "null")
  }
}
