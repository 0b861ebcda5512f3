import Models

/// What timm calls the networks that are the same in both.
enum TimmNames {
  /// The network that timm's `architecture` names, with or without the tag of its weights
  /// (`resnet50.a1_in1k`) or under a name of timm's before 0.9 (`swsl_resnet50`).
  static func network(_ architecture: String) -> String? {
    var name = String(architecture.prefix { $0 != "." })
    if name.hasPrefix(ours) { name.removeFirst(ours.count) }
    if ModelCatalog.names.contains(name) { return name }
    for prefix in ["tv_", "ig_", "ssl_", "swsl_", "gluon_"] where name.hasPrefix(prefix) {
      name.removeFirst(prefix.count)
      if name.hasSuffix("_v1b") { name.removeLast(4) }
      if name.hasSuffix("_v1d") { name.replaceSubrange(name.suffix(4).startIndex..., with: "d") }
      return ModelCatalog.names.contains(name) ? name : nil
    }
    return nil
  }

  /// What `config.json` calls a network: timm's name only where timm builds the same from it, else one
  /// that timm does not know.
  static func architecture(_ options: NetworkOptions) -> String {
    isTimms(options) ? options.model : ours + options.model
  }

  /// Whether timm builds the same network from its name.
  static func isTimms(_ options: NetworkOptions) -> Bool {
    options.stem == .standard && options.width == 64 && options.vote == nil
      && ModelCatalog.isTimms(options.model)
  }

  private static let ours = "halcyon_"
}
