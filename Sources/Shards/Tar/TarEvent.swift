extension TarReader {
  /// A regular file in the archive.
  struct Member {
    /// Its name without a leading `./`; the bytes need not be UTF-8.
    let name: [UInt8]
    /// Where its data begin in the (inflated) archive.
    let offset: Int
    /// How many bytes they are.
    let length: Int
  }

  /// Something that was passed over.
  struct Problem {
    /// Where its header begins.
    let offset: Int
    /// Its name as far as it is known.
    let name: [UInt8]
    let reason: String
    /// How the archive goes on.
    let rest: Rest
    /// Whether the data of the last member that was told are not all there.
    let cutsLastMember: Bool
  }

  /// What is left of an archive after a problem.
  enum Rest: Equatable {
    /// Members may follow.
    case goesOn
    /// What follows is not read.
    case unread
    /// Nothing: its bytes end before it does.
    case none(EarlyEnd)
  }

  /// What comes next in an archive.
  enum Event {
    case member(Member)
    case problem(Problem)
  }
}
