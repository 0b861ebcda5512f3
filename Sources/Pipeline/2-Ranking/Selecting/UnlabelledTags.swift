import Files
import ImageData
import Recipes
import Shards

/// Which classes the hashtags of U's pictures mean, by a recipe's words.
struct UnlabelledTags {
  private let pictures: any ImageDataset
  private let map: TagMap
  private let places: [String: Int]
  /// What is said of lines of `ranking.imageTags` whose keys no picture has; nil where there are none.
  let strayLine: String?

  /// The tags of `pictures`, or those of `ranking.imageTags` where they are given.
  /// - Throws: `ImageDataError` of a list or a map that cannot be read; `PipelineError` of classes that are one tag;
  ///   `RecipeError` where nothing says what a tag means.
  init(_ recipe: Recipe, of pictures: any ImageDataset, classNames: [String]) throws {
    map = try Self.map(recipe, classNames: classNames)
    if let list = recipe.ranking.imageTags {
      let tagged = try KeyedTags(pictures, tagsFrom: list)
      strayLine = tagged.strayCount > 0 ? "\(list): \(tagged.strayLine)" : nil
      self.pictures = tagged
    } else {
      (self.pictures, strayLine) = (pictures, nil)
    }
    places = Dictionary(
      zip(classNames, classNames.indices), uniquingKeysWith: { first, _ in first })
  }

  /// What a tag means: by the recipe's CSV, or else, where the tags stand in a list, the class of its name.
  private static func map(_ recipe: Recipe, classNames: [String]) throws -> TagMap {
    if let path = recipe.tagMap { return try TagMap(contentsOf: path) }
    guard recipe.ranking.imageTags != nil else {
      throw RecipeError("ranking.tags is missing: which class does a tag mean?")
    }
    return TagMap(Array(zip(try TagGenerator.tags(ofClasses: classNames), classNames)))
  }

  /// Refuses a map to classes that the labelled set has not, and a list of which no tag means a class.
  /// - Throws: `PipelineError.data`.
  func requireMeaning(_ recipe: Recipe) throws {
    let unknown = map.classes.filter { places[$0] == nil }
    guard unknown.isEmpty else {
      throw PipelineError.data(
        "\(recipe.tagMap ?? ""): the labelled set has no class \(Format.few(unknown)); write the classes as the "
          + "labelled set does")
    }
    guard let list = recipe.ranking.imageTags else { return }
    guard (0..<pictures.count).contains(where: { !classes(at: $0).isEmpty }) else {
      throw PipelineError.data(
        "\(list): no tag of an unlabelled picture means a class; give ranking.tags, a CSV of tag,class"
      )
    }
  }

  /// The classes that the tags of the picture at `index` mean, one again for each tag that means it.
  func classes(at index: Int) -> [Int] {
    pictures.tags(at: index).flatMap(map.classes(ofTag:)).compactMap { places[$0] }
  }
}

extension Recipe {
  /// The CSV of tag,class that says what tags of U mean.
  var tagMap: String? { ranking.tags ?? data.requireTags }

  /// The lists that a selection by tags follows, by their keys; none where it follows none.
  var tagLists: [(String, String?)] {
    guard ranking.strategy.needsTags else { return [] }
    return Array(zip(StageInputs.tags, [tagMap, ranking.imageTags]))
  }
}

extension Preflight {
  /// Refuses a strategy by tags whose lists cannot be read or mean nothing, before anything is trained.
  mutating func checkTags(
    of recipe: Recipe, _ pictures: any ImageDataset, classNames: [String]
  ) throws {
    guard recipe.ranking.strategy.needsTags, pictures.absence == nil else { return }
    if let path = recipe.tagMap {
      let key = recipe.ranking.tags == nil ? "data.requireTags" : "ranking.tags"
      guard try attempt(key, { try TagMap(contentsOf: path) }) != nil else { return }
    }
    let key = recipe.ranking.imageTags == nil ? "ranking.tags" : "ranking.imageTags"
    let tags = try attempt(key) {
      let tags = try UnlabelledTags(recipe, of: pictures, classNames: classNames)
      try tags.requireMeaning(recipe)
      return tags
    }
    if let line = tags?.strayLine { warn(line, key: key) }
  }
}
