import Recipes

extension Recipe {
  /// What makes a teacher of this recipe one from nothing, which learns D as the baseline does, each as KEY=VALUE;
  /// nothing where it has no tags.
  var settingsWithoutTags: [String] {
    guard data.tagged != nil else { return [] }
    let group = "baseline.training."
    return ["data.tagged=null", "data.taggedSplit=null", "data.taggedTags=null"]
      + settings.filter { $0.key.hasPrefix(group) }.map {
        "teacher.training.\($0.key.dropFirst(group.count))=\($0.value)"
      }
  }
}
