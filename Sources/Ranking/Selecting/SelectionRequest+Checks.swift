import Files

extension SelectionRequest {
  /// Refuses what cannot be selected from, as selecting does; no scores are read.
  /// - Returns: The number of classes.
  /// - Throws: `RankingError` that says what contradicts what.
  @discardableResult
  public func checkedClassCount() throws -> Int {
    guard allowsMissingShards || missingShards.isEmpty else {
      throw RankingError.invalidArgument(
        "\(missingShards.count) of \(missingShards.count + shards.count) shards have no scores "
          + "(\(Format.few(missingShards))); score them, or allow missing shards")
    }
    guard let first = shards.first?.record else {
      throw RankingError.invalidArgument("there are no scored shards to select from; score first")
    }
    try ShardRecord.checkCompatible(shards.lazy.map(\.record))
    let scored = shards.lazy.map(\.record.classesPerSample).min() ?? 0
    guard classesPerSample >= 1, classesPerSample <= scored else {
      throw RankingError.invalidArgument(
        "cannot select by \(classesPerSample) classes a sample: the shards were scored with "
          + "P = \(scored); score again with a larger P")
    }
    guard imagesPerClass > 0, imagesPerClass <= Int(UInt32.max) else {
      throw RankingError.invalidArgument("cannot select \(imagesPerClass) images per class")
    }
    // What a record says is not yet compared with its file, so nothing may overflow by it.
    guard (1...SelectionLayout.mostClasses).contains(first.classes),
      first.classesPerSample <= 1 << 20
    else {
      throw RankingError.incompatibleShards(
        "shard \(first.shard) was scored with P = \(first.classesPerSample) of \(first.classes) "
          + "classes; a selection has 1 to \(SelectionLayout.mostClasses) classes")
    }
    for shard in shards where !(0...Int(UInt32.max)).contains(shard.record.count) {
      throw RankingError.incompatibleShards(
        "shard \(shard.record.shard) has \(shard.record.count) samples by its record; "
          + "a shard has 0 to \(UInt32.max): score it again")
    }
    try checkIndices()
    return first.classes
  }

  private func checkIndices() throws {
    var places: [Int: Int] = [:]
    places.reserveCapacity(shards.count)
    for (place, shard) in shards.enumerated() {
      guard UInt32(exactly: shard.index) != nil else {
        throw RankingError.invalidArgument(
          "shard \(shard.record.shard) has the index \(shard.index), not one of 0..<2^32")
      }
      if let other = places.updateValue(place, forKey: shard.index) {
        throw RankingError.invalidArgument(
          "shards \(shards[other].record.shard) and \(shard.record.shard) both have the index "
            + "\(shard.index)")
      }
    }
  }
}
