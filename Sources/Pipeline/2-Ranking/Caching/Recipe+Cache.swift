import ImageData
import Models
import Recipes

extension Recipe {
  /// What the copies are like that scoring leaves in `data.cache`.
  var cacheFormat: CacheFormat {
    CacheFormat(
      size: data.cacheSize ?? max(input.resize, CacheFormat.defaultSize(crop: input.size)),
      encoding: data.cacheFormat, quality: data.cacheQuality, channels: input.channels)
  }
}
