import ImageData

/// Which shell commands (`pipe:COMMAND`) may be run for the shards that they give.
///
/// An index, a list or a run directory may come from a stranger, who would then run what he likes: a
/// command runs where the user has named it, or has allowed all.
public enum CommandPermission: Sendable, Equatable {
  /// Whatever a list or an index has.
  case all
  /// These alone, in full.
  case only(Set<String>)

  /// None.
  public static let denied = CommandPermission.only([])

  /// The commands in `text`, where it is `pipe:COMMAND`.
  public init(namedIn text: String) {
    let command = ShardLocation.command(text)
    self = .only(
      Set(command.flatMap { try? ShardPatterns.expandBraces($0, alternatives: false) } ?? []))
  }

  /// - Throws: `ImageDataError.dataset` with the first command of `locations` that may not run, and how
  ///   many there are.
  func check(_ locations: some Sequence<ShardLocation>, of path: String) throws {
    guard case .only(let named) = self else { return }
    var first: ShardLocation?
    var count = 0
    for location in locations where location.kind == .pipe {
      // A name that a list hands to a command is no part of what anybody has named.
      if location.variable == nil, named.contains(location.text) { continue }
      first = first ?? location
      count += 1
    }
    guard let first else { return }
    // A stranger's text does not get to steer the terminal.
    let shown = first.text.unicodeScalars.prefix(200).map {
      $0.properties.generalCategory == .control ? " " : String($0)
    }
    throw ImageDataError.dataset(
      path: path,
      reason: "it would run \(count == 1 ? "a shell command" : "\(count) shell commands") that "
        + "nobody has named, \(count == 1 ? "" : "the first ")`\(shown.joined())`; nothing was run: if you "
        + "trust whoever made it, give --allow-commands")
  }
}
