import Recipes

extension Recipe {
  /// The keys whose words only say where W, its tags and their classes lie.
  static let tagWords = [
    "data.tagged", "data.taggedSplit", "data.taggedTags", "teacher.pretraining.tagClasses",
  ]

  /// The keys whose words only say where V lies.
  static let taskWords = ["teacher.fineTuneOn.labelled", "teacher.fineTuneOn.labelledSplit"]

  /// The first stage that trains the teacher's network.
  var firstOfTeacher: Stage {
    Stage.allCases.first { $0.isOfTeacher && includes($0) } ?? .teacher
  }

  /// Which of the pictures that the stage alone has are left out because they are known.
  func leaveOut(of stage: Stage) -> Duplicates {
    stage.facts.own.map { self[keyPath: $0.leaveOut] } ?? .keep
  }

  /// Whether pictures that only look alike are to be found, in U, W or V.
  var looksForAlike: Bool {
    ranking.leaveOut == .near
      || Stage.allCases.contains {
        includes($0) && leaveOut(of: $0) == .near
      }
  }
}
