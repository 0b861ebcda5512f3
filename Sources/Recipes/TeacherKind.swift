extension Recipe {
  /// How the network that labels the unlabelled pictures comes about.
  public enum TeacherKind: String, CaseIterable, Sendable {
    /// It is trained on the labelled pictures.
    case trained
    /// A network that stays as it is, and a linear layer on its features of the labelled pictures.
    case linear
    /// A network that stays as it is, and its nearest features of labelled pictures, which vote.
    case knn
    /// There is none: the scores of the unlabelled pictures come from another program.
    case given

    /// Whether it is a network that stays as it is, on whose features something small works.
    public var isOnFeatures: Bool { self == .linear || self == .knn }

    /// Whether it has what the key of the group `teacher` says.
    fileprivate func has(_ key: Substring) -> Bool {
      switch key {
      // The last two are refused where they are of another kind.
      case "kind", "neighbours", "temperature": true
      case "model", "stem", "width", "startFrom": self != .given
      default: self == .trained
      }
    }
  }

  /// Whether `key` means nothing to the teacher, because of its kind.
  package func isIdle(_ key: String) -> Bool {
    key.hasPrefix("teacher.") && !teacher.kind.has(key.dropFirst("teacher.".count))
  }

  /// The keys that mean nothing to the teacher, because of its kind, and yet have values of their own.
  package var idleKeys: [String] {
    zip(settings, Self.defaultSettings).filter { isIdle($0.key) && $0 != $1 }.map(\.0.key)
  }
}
