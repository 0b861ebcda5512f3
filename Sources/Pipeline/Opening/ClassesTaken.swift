import Files
import ImageData
public import Recipes
import Terminal

extension ImageDataset {
  /// The pictures of these classes alone, under them, in their order.
  /// - Parameters:
  ///   - names: The classes.
  ///   - option: What says so.
  ///   - path: What the pictures are called in messages.
  ///   - mayLackSome: Whether there need be no picture of some.
  /// - Returns: These pictures, labelled by the places of their classes in `names`.
  /// - Throws: `PipelineError.usage` naming classes that there are not.
  func taking(
    _ names: [String], called option: String, at path: String, mayLackSome: Bool = false
  ) throws -> any ImageDataset {
    let unknown = names.filter { !classes.contains($0) }
    guard mayLackSome || unknown.isEmpty else {
      throw PipelineError.usage(
        "\(option): \(path) has no class \(unknown.joined(separator: ", ")); there are "
          + Format.few(classes))
    }
    let order = Dictionary(zip(names, 0...).map { ($0, Int32($1)) }) { first, _ in first }
    let places = places(of: names)
    let labels = places.map { label(at: $0).flatMap { order[classes[$0]] } ?? -1 }
    return try Relabelled(IndexedSubset(self, indices: places), labels: labels, classes: names)
  }

  /// Where the pictures of these classes stand.
  func places(of names: [String]) -> [Int] {
    let taken = Set(names)
    let isTaken = classes.map(taken.contains)
    return (0..<count).filter { label(at: $0).map { isTaken[$0] } ?? false }
  }
}

/// The classes that the labelled pictures of a recipe have.
/// - Throws: `PipelineError`, `ImageDataError` saying why they cannot be opened.
public func labelledClasses(of recipe: Recipe) throws -> [String] {
  try Indexing.temporarily(workers: Threads.cores, Console(quiet: true)) {
    try RunData.labelled(recipe.data, $0).classes
  }
}
