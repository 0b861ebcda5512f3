import Recipes

extension Recipe {
  /// The keys whose words only say where W, its tags and their classes lie.
  static let tagWords = [
    "data.tagged", "data.taggedSplit", "data.taggedTags", "teacher.pretraining.tagClasses",
  ]

  /// Whether pictures that only look alike are to be found, in U or in W.
  var looksForAlike: Bool {
    ranking.leaveOut == .near
      || includes(.pretraining) && teacher.pretraining.leaveOut == .near
  }
}
