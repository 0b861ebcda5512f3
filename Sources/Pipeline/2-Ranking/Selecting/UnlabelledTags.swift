import Files
import ImageData
import Recipes
import Shards

/// Which classes the hashtags of U's pictures mean, by a recipe's words.
struct UnlabelledTags {
  private let pictures: any ImageDataset
  private let map: TagMap
  private let places: [String: Int]

  /// The tags of `pictures`, or those of `ranking.imageTags` where they are given.
  /// - Throws: `ImageDataError` of a list or a map that cannot be read; `PipelineError` of a class that the labelled
  ///   set has not; `RecipeError` where nothing says what a tag means.
  init(_ recipe: Recipe, of pictures: any ImageDataset, classNames: [String]) throws {
    map = try Self.map(recipe, classNames: classNames)
    self.pictures =
      try recipe.ranking.imageTags.map { try KeyedTags(pictures, tagsFrom: $0) } ?? pictures
    places = Dictionary(
      zip(classNames, classNames.indices), uniquingKeysWith: { first, _ in first })
  }

  /// What a tag means: by the recipe's CSV, or else, where the tags stand in a list, the class of its name.
  static func map(_ recipe: Recipe, classNames: [String]) throws -> TagMap {
    guard let path = recipe.ranking.tags ?? recipe.data.requireTags else {
      guard recipe.ranking.imageTags != nil else {
        throw RecipeError("ranking.tags is missing: which class does a tag mean?")
      }
      return TagMap(classNames.map { (TagGenerator.tag(ofClass: $0), $0) })
    }
    let map = try TagMap(contentsOf: path)
    let unknown = map.classes.filter { !classNames.contains($0) }
    guard unknown.isEmpty else {
      throw PipelineError.data(
        "\(path): the labelled set has no class \(Format.few(unknown)); write the classes as the labelled set does"
      )
    }
    return map
  }

  /// The classes that the tags of the picture at `index` mean, one again for each tag that means it.
  func classes(at index: Int) -> [Int] {
    pictures.tags(at: index).flatMap(map.classes(ofTag:)).compactMap { places[$0] }
  }
}

extension Preflight {
  /// Refuses a strategy by tags whose lists cannot be read, before anything is trained.
  mutating func checkTags(
    of recipe: Recipe, _ pictures: any ImageDataset, classNames: [String]
  ) throws {
    guard recipe.ranking.strategy.needsTags, pictures.absence == nil else { return }
    _ = try attempt(recipe.ranking.imageTags == nil ? "ranking.tags" : "ranking.imageTags") {
      try UnlabelledTags(recipe, of: pictures, classNames: classNames)
    }
  }
}
