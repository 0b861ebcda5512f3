import Files
import Foundation
import ImageData
import Recipes
import Shards
import Training

extension RunData {
  /// The sets of a run whose pictures are not there, as far as its directory remembers them: enough to
  /// report on it, to inspect it and to select from its scores.
  /// - Parameters:
  ///   - directory: The run directory.
  ///   - recipe: Its recipe.
  ///   - unlabelled: U, where it can be opened.
  ///   - error: Why the labelled sets cannot be opened.
  /// - Throws: `error` where the run knows no class names.
  init(
    rememberedIn directory: RunDirectory, _ recipe: Recipe, unlabelled: (any ShardedDataset)?,
    because error: any Error
  ) throws {
    let reason = PipelineError.line(about: error)
    let names = directory.origins["labelled"]?.classes ?? Self.classNames(ofModelsIn: directory)
    guard let names else { throw error }
    func remembered(_ set: String) throws -> Examples {
      guard let pictures = RememberedImages(set, in: directory, recipe, because: reason) else {
        return try Examples(
          labelled: MissingImages(name: set, reason: reason, classes: names))
      }
      return try Examples(labelled: pictures)
    }
    let data = recipe.data
    let isValidated = data.validation != nil || data.validationFraction > 0
    self.init(
      labelled: try remembered("labelled"),
      validation: isValidated ? try remembered("validation") : nil,
      test: data.test == nil ? nil : try remembered("test"),
      unlabelled: unlabelled ?? Self.unlabelled(in: directory, recipe, because: reason),
      classNames: names, validationIsGiven: data.validation != nil)
  }

  /// U as the run remembers it.
  static func unlabelled(in directory: RunDirectory, _ recipe: Recipe, because reason: String)
    -> any ShardedDataset
  {
    if IndexedCollection.exists(in: directory.indexFolder),
      let indexed = try? IndexedCollection(folder: directory.indexFolder, readsImages: false)
    {
      return indexed
    }
    return RememberedImages("unlabelled", in: directory, recipe, because: reason)
      ?? MissingImages(name: recipe.data.unlabelled, reason: reason)
  }

  /// The classes of the first model that the run has.
  private static func classNames(ofModelsIn directory: RunDirectory) -> [String]? {
    for stage in Stage.allCases where stage.isMeasured {
      if let model = try? ModelFolder(contentsOf: directory.folder(of: stage)) {
        return model.classNames
      }
    }
    return nil
  }

  /// Whether the labelled pictures can be read.
  var isThere: Bool { labelled.dataset.absence == nil }
}
