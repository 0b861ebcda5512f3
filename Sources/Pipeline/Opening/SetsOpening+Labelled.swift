import Copies
import ImageData
import Recipes
import Training

extension SetsOpening {
  /// D in parts, and what its pictures are.
  struct Labelled {
    let trained: Examples
    let heldOut: Examples?
    /// What `labelledCount` left.
    let rest: any ImageDataset
    /// What `labelledCount` chose, before a part of it was held out.
    let chosen: any ImageDataset
    let kept: [Int]
    let held: [Int]
    /// What the chosen pictures are; nil for who need not know.
    let contents: NotedContents.Noted?
  }

  /// Divides what is taken of `whole`.
  func divide(_ source: any ImageDataset, of whole: any ImageDataset) throws -> Labelled? {
    let (chosen, rest) =
      try attempt("data.labelledCount") { try choose(from: source, of: whole) } ?? (nil, nil)
    guard let chosen, let rest else { return nil }
    return try attempt("data.labelled") {
      let isHeldOut = paths.validation == nil && !preflight.isAtFault("data.validationFraction")
      let fraction = isHeldOut ? paths.validationFraction : 0
      let isKnown = opening.access != .reading || fraction > 0
      let contents = isKnown ? try self.contents(of: chosen, "labelled") : nil
      let (kept, held) = try holdOut(
        from: chosen, fraction: fraction, seed: seed,
        copies: contents.map { CopyGroups(of: $0.contents.map(\.contentHash)) } ?? .none)
      let trained = try Examples(
        labelled: held.isEmpty ? chosen : IndexedSubset(chosen, indices: kept))
      try RunData.requireEveryClass(of: trained, at: paths.labelled)
      return Labelled(
        trained: trained,
        heldOut: fraction > 0 ? try Examples(labelled: IndexedSubset(chosen, indices: held)) : nil,
        rest: rest, chosen: chosen, kept: kept, held: held, contents: contents)
    }
  }

  private func choose(from source: any ImageDataset, of whole: any ImageDataset) throws
    -> (chosen: (any ImageDataset)?, rest: (any ImageDataset)?)
  {
    guard let count = paths.labelledCount else { return (source, source) }
    guard count <= source.count, count >= source.classes.count else {
      throw RecipeError(
        "labelledCount \(count) is not between \(source.classes.count), one a class, and the "
          + "\(source.count) pictures of \(paths.labelled)")
    }
    // Of more pictures copies are not looked for: those of chosen ones are left out of U in any case.
    var copies = CopyGroups.none
    if source.count <= 200_000 {
      let noted = try contents(of: source, "source", onlyHashes: true)
      copies = CopyGroups(of: noted.contents.map(\.contentHash))
    }
    let split = try balancedSubset(of: source, count: count, seed: seed, copies: copies)
    let chosen = try IndexedSubset(source, indices: split.chosen)
    guard let classes = paths.labelledClasses else {
      return (chosen, try IndexedSubset(source, indices: split.rest))
    }
    // Pictures of classes that are not told apart are left, too.
    let places = whole.places(of: classes)
    let taken = Set(split.chosen.map { places[$0] })
    return (
      chosen, try IndexedSubset(whole, indices: (0..<whole.count).filter { !taken.contains($0) })
    )
  }

  // MARK: - What pictures are

  func knownImages(
    _ labelled: Labelled, _ validation: Examples?, _ test: Examples?
  ) throws -> KnownImages? {
    guard opening.access != .reading, let contents = labelled.contents else {
      let kept = opening.directory.map { UnreadableList(keptIn: $0.knownFolder) }
      return try KnownImages(
        [], alike: false, unreadable: kept ?? UnreadableList([], heldOut: false))
    }
    var parts: [KnownImages.Part] = []
    var noted: [UnreadableList.Part] = []
    func add(
      _ name: String, _ dataset: any ImageDataset, _ found: NotedContents.Noted, isLeftOut: Bool
    ) {
      parts.append(
        .init(name: name, dataset: dataset, contents: found.contents, isLeftOut: isLeftOut))
      noted.append((name, dataset, found))
    }
    if let test {
      let found = try self.contents(of: test.dataset, "test")
      add("test", test.dataset, found, isLeftOut: true)
      preflight.warnOfCopies("test", test.dataset, found)
    }
    // Validation pictures that are given are no part of D, and U may hold them: other ones change no
    // score.
    let (trained, held) = contents.divided(
      labelled.chosen, kept: labelled.kept, held: labelled.held)
    if let validation {
      let found = try self.contents(of: validation.dataset, "validation")
      add("validation", validation.dataset, found, isLeftOut: false)
      preflight.warnOfCopies("validation", validation.dataset, found)
    } else if let heldOut = labelled.heldOut {
      add("validation", heldOut.dataset, held, isLeftOut: true)
    }
    add(
      "labelled", labelled.trained.dataset, labelled.held.isEmpty ? contents : trained,
      isLeftOut: true)
    let list = UnreadableList(noted, heldOut: validation == nil && labelled.heldOut != nil)
    judge(list)
    preflight.warnOfAbsentClasses(test, "test")
    preflight.warnOfAbsentClasses(validation, "validation")
    let known = try KnownImages(parts, alike: opening.alike, unreadable: list)
    _ = try preflight.attempt("data.test") { try known.refuse("test", among: "labelled") }
    _ = try preflight.attempt("data.test") { try known.refuse("test", among: "validation") }
    if validation != nil {
      _ = try preflight.attempt("data.validation") {
        try known.refuse("validation", among: "labelled")
      }
    }
    preflight.warnOfCopies("labelled", labelled.chosen, contents)
    return known
  }

  /// Notes what cannot be read: as a problem where it is too much, else as a warning.
  private func judge(_ list: UnreadableList) {
    let problems = list.problems(recipe.data.limitOfUnreadable)
    for (key, message) in problems { preflight.refuse(message, exitCode: 65, key: key) }
    guard problems.isEmpty else { return }
    let path =
      opening.indexing.isTemporary
      ? nil : opening.directory.map { UnreadableList.path(in: $0.knownFolder) }
    for (key, message) in list.lines(list: path) { preflight.warn(message, key: key) }
  }

  private func contents(of dataset: any ImageDataset, _ name: String, onlyHashes: Bool = false)
    throws -> NotedContents.Noted
  {
    let noting = NotedContents(
      dataset: dataset, alike: opening.alike && !onlyHashes, trusting: opening.access != .alone,
      maxPixels: recipe.data.maxPixels, workers: opening.workers)
    if let folder = opening.directory?.knownFolder,
      let kept = try noting.kept(as: "\(folder)/\(name)")
    {
      return kept
    }
    let found = try onlyHashes ? noting.hashed() : noting.note()
    noted.append((name, noting, found.contents))
    return found
  }
}
