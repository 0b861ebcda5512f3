import ArgumentParser
import ImageData
import Recipes

/// Where scoring leaves pictures at training size: what `run` and `score` take.
struct CacheOptions: ParsableArguments {
  @Option(
    help:
      "Leave the unlabelled pictures at training size in this folder, for the student's pre-training.",
    completion: .directory)
  var cache: String?

  @Option(
    parsing: .unconditional,
    help: "Their shorter side in pixels (default: input.resize, or 8/7 of input.size).")
  var cacheSize: Int?

  @Option(
    help: "How they are written: jpeg (the default) or raw, plain pixels as .npy.",
    completion: CacheFormat.Encoding.completion, transform: CacheFormat.Encoding.named)
  var cacheFormat: CacheFormat.Encoding?

  @Option(
    parsing: .unconditional,
    help: "The quality of JPEGs, 1 to 100 (default: \(CacheFormat.defaultQuality)).")
  var cacheQuality: Int?

  /// What these are in a recipe.
  var settings: [String] {
    let values: [(String, String?)] = [
      ("data.cache", cache), ("data.cacheSize", cacheSize.map(String.init)),
      ("data.cacheFormat", cacheFormat?.rawValue),
      ("data.cacheQuality", cacheQuality.map(String.init)),
    ]
    return values.compactMap { key, value in value.map { "\(key)=\($0)" } }
  }
}
