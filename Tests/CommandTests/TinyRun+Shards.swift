import Foundation
import Recipes
import TestSupport

extension TinyRun {
  /// Writes `NAME.yaml`: the tiny recipe with other unlabelled pictures.
  func writeRecipe(_ name: String, unlabelled: String) throws {
    let text = Self.recipe.replacing("unlabelled: rest", with: "unlabelled: \(unlabelled)")
      .replacing("name: tiny", with: "name: \(name)")
    try folder.write(text, to: "\(name).yaml")
  }

  /// Writes shards of twenty tagged pictures: pictures of one class carry its tag, every third of them
  /// another's, too.
  func writeTaggedShards(_ numbers: Range<Int> = 0..<12) throws {
    let pictures = TinyImages(240, seed: 3)
    for shard in numbers {
      var tar = RawTar()
      for index in shard * 20..<(shard + 1) * 20 {
        let label = Int(pictures.labels[index])
        let tags = [label] + (index % 3 == 0 ? [(label + 1) % 6] : [])
        let stem = String(format: "%06d", index)
        tar.append("\(stem).png", TinyImages.png(pictures.pixels[index]))
        let list = tags.map { "\"tag\($0)\"" }.joined(separator: ", ")
        tar.append("\(stem).json", Data("{\"hashtags\": [\(list)]}".utf8))
      }
      tar.end()
      try folder.write(tar.data, to: String(format: "plain/%02d.tar", shard))
    }
    let map = TinyImages.classes.enumerated().map { "#Tag\($0),\($1)\n" }.joined()
    try folder.write("tag,class\n" + map, to: "map.csv")
    try folder.write("tag,class\ntag2,south-east\n", to: "one.csv")
  }

  /// Writes shards of labelled pictures; labels are numbers, or names in JSON.
  func writeLabelledShards(
    _ count: Int, seed: UInt64, to path: String, names: Bool = false, perShard: Int = 20
  ) throws {
    let pictures = TinyImages(count, seed: seed)
    for shard in 0..<(count + perShard - 1) / perShard {
      var tar = RawTar()
      for index in shard * perShard..<min(count, (shard + 1) * perShard) {
        let label = Int(pictures.labels[index])
        tar.append("\(index).png", TinyImages.png(pictures.pixels[index]))
        if names {
          let text = "{\"label\": \(label), \"label_name\": \"\(TinyImages.classes[label])\"}"
          tar.append("\(index).json", Data(text.utf8))
        } else {
          tar.append("\(index).cls", Data("\(label)".utf8))
        }
      }
      tar.end()
      try folder.write(tar.data, to: "\(path)/\(shard).tar")
    }
    let classes = TinyImages.classes.joined(separator: "\n")
    if !names { try folder.write(classes + "\n", to: "\(path)/classes.txt") }
  }
}
