import Copies
import Recipes
import Torch

extension RunData {
  /// How a run's pictures are opened.
  struct Opening {
    /// How many threads read pictures.
    let workers: Int
    /// Whether U must be there; where it is not, `MissingImages` stand in for it.
    var needsUnlabelled = true
    /// How an index is made of shards that have none yet.
    let indexing: Indexing
    /// Whether what pictures look like is noted, too, beside their bytes.
    var alike = false
    /// Where the run is kept; nil where it is not.
    var directory: RunDirectory?
    /// What computes, if that is known.
    var device: Device?
    /// Up to so many pictures of U are compared with the others one by one.
    var mostCompared = 20_000
    /// The stages that are to be computed: what speaks against other ones does not matter.
    var computed = Set(Stage.allCases)
    /// How the run's directory is worked on: who does not work on it alone takes what was noted.
    var access = Run.Access.alone
    /// How many processes train together.
    var processes = 1
  }

  /// A run's pictures with what is known of them.
  struct Opened {
    var data: RunData
    /// The labelled, validation and test pictures, by what they show; none for who only reads.
    let known: KnownImages
    /// What was noted just now, by the names that it is kept under.
    private let noted: [(name: String, noting: NotedContents, contents: [ImageContents])]

    /// Pictures that a run directory remembers, which nobody looked at.
    init(remembered data: RunData, in directory: RunDirectory) throws {
      let kept = UnreadableList(keptIn: directory.knownFolder)
      try self.init(
        data: data, known: KnownImages([], alike: false, unreadable: kept), noted: [])
    }

    init(
      data: RunData, known: KnownImages,
      noted: [(name: String, noting: NotedContents, contents: [ImageContents])]
    ) {
      self.data = data
      self.known = known
      self.noted = noted
    }

    /// Keeps in `folder` what was noted, for later starts.
    /// - Throws: `FileError`.
    func keepContents(in folder: String) throws {
      for (name, noting, contents) in noted { try noting.keep(contents, as: "\(folder)/\(name)") }
    }
  }

  /// Opens the pictures of `recipe`. What is wrong with any of the sets is noted in `preflight`, and
  /// then there is nothing to return; U's index is not made when something else is wrong already.
  /// - Throws: `Stopped`.
  static func open(_ recipe: Recipe, _ opening: Opening, noting preflight: inout Preflight) throws
    -> Opened?
  {
    let sets = SetsOpening(recipe: recipe, opening: opening, preflight: preflight)
    defer { preflight = sets.preflight }
    return try sets.open()
  }
}
