import Files
import Ranking
import TestSupport

extension Selection {
  /// One class of one image.
  typealias Listed = (image: SampleID, class: Int, score: Float)

  /// The selection of images with given scores, made as a run makes it: from score files, in `folder`.
  static func listed(
    _ labels: [Listed], classes: Int, imagesPerClass: Int, classesPerSample: Int,
    in folder: TemporaryFolder
  ) throws -> Selection {
    let images = Dictionary(grouping: labels, by: \.image)
    let shards = Dictionary(grouping: images.keys, by: \.shard)
    let scored = try shards.map { shard, ids in
      let path = "\(folder.path)/listed-\(shard).scores"
      let count = Int(ids.map(\.position).max() ?? 0) + 1
      let file = try ScoreFileWriter(
        path: path, classesPerSample: classesPerSample, classes: classes)
      for position in 0..<count {
        let labels = images[SampleID(shard: shard, position: UInt32(position))] ?? []
        // Of equal scores the lower position comes first.
        try file.append(
          keyHash: UInt64(position) << 32, classes: labels.map(\.class), scores: labels.map(\.score)
        )
      }
      try file.finish()
      var record = ShardRecord(
        shard: String(shard), count: count, modelSHA256: "", recipeHash: "", inputIdentity: "",
        leftOutIdentity: "", batch: 1, precision: "float32", libtorch: "", cpuFeatures: "",
        device: "cpu", classesPerSample: classesPerSample, classes: classes, scoresSHA256: "",
        seconds: 0, imagesPerSecond: 0)
      record.scoresChecksum = file.checksum
      return ScoredShard(record: record, scoresPath: path, index: Int(shard))
    }
    return try SelectionRequest(
      shards: scored, classesPerSample: classesPerSample, imagesPerClass: imagesPerClass
    ).select(key: { "\($0)" }).selection
  }
}
