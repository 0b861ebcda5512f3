/// More images of each class than are wanted, so that some can be left out and the others move up.
///
/// ```swift
/// let candidates = try request.candidates(perImage: 2, writingTo: "candidates.bin", key: key)
/// let copies = …  // rows of candidates.selection.images
/// let selection = try candidates.removing(copies, writingTo: "selected.bin").selection
/// ```
/// With no image removed that is what `SelectionRequest.select(writingTo:key:)` selects.
public struct SelectionCandidates: Sendable {
  /// The candidates.
  public let selection: Selection
  /// What reading the scores came across.
  public let reading: Selection.Reading
  /// How many images each class gets in the end at most.
  public let imagesPerClass: [Int]
  /// How many candidates each class got, unless there were no more.
  public let asked: [Int]

  /// Leaves the images in `rows` out, and of the others what is beyond the classes' numbers.
  /// - Parameters:
  ///   - rows: Rows of `selection.images`.
  ///   - path: Where the result is written and then mapped; nil keeps it in memory.
  /// - Returns: What is left, and which classes have used their candidates up.
  /// - Throws: As `Selection.removing(_:imagesPerClass:writingTo:)`.
  /// - Complexity: That of `Selection.removing(_:imagesPerClass:writingTo:)`.
  public func removing(
    _ rows: some Sequence<Int>, writingTo path: String? = nil
  ) throws -> Selection.Remainder {
    try selection.removing(rows, imagesPerClass: imagesPerClass, of: asked, writingTo: path)
  }
}
