import Training
import Yams

extension Recipe {
  /// The trainings of a recipe by the group that each stands in.
  private static let trainings:
    [(group: String, member: WritableKeyPath<Recipe, Training> & Sendable)] =
      [
        ("teacher.pretraining", \.teacher.pretraining.training),
        ("teacher.fineTuneOn", \.teacher.fineTuneOn.training), ("teacher", \.teacher.training),
        ("student", \.student.training), ("baseline", \.baseline.training),
        ("fineTuning", \.fineTuning.training),
      ]

  /// Gives each training the settings of the preset that the last of `layers` names for it, before what the layers
  /// say themselves is read; `changing` those that a file has, only where they are its own preset's.
  mutating func applyPresets(
    of layers: [RecipeReader.Layer], to groups: [String]?, changing: Bool
  ) {
    for (group, member) in Self.trainings where groups?.contains(group) ?? true {
      let path = group.split(separator: ".").map(String.init) + ["training", "preset"]
      let given = layers.compactMap { layer in
        path.reduce(layer.node as Node?) { node, name in
          node?.mapping?.first { $0.key.string == name }?.value
        }.flatMap(Training.Preset.read)
      }
      guard let preset = given.last else { continue }
      if changing {
        self[keyPath: member].change(to: preset)
      } else {
        self[keyPath: member].apply(preset)
      }
    }
  }
}
