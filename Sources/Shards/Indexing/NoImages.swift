import ImageData

/// Shards and folders in which there is no picture to list, and what was passed over there.
struct NoImages {
  /// What to say of them.
  let error: ImageDataError

  /// Looks at the indexes of `rows` in `folder`.
  init(
    in rows: [Catalogue.Row], of plan: IndexPlan, _ folder: String, _ options: IndexOptions
  ) {
    var reason = "there is no picture to list"
    if options.requiredTags != nil { reason += " that carries one of the required tags" }
    var parts: [String] = []
    if let line = plan.passedOver.line(in: "the folder") { parts.append(line) }
    var cut = CutShards()
    var others = PassedOver()
    for row in rows where row.isCutShort || row.hasOthers {
      let index = try? ShardIndex(path: IndexFolder.path(ofShard: row.name, in: folder))
      guard let notes = try? index?.notes() else { continue }
      others.add(notes.others)
      if let end = notes.end { cut.add(CutShard(row.location, end, pictures: row.samples)) }
    }
    parts += [others.line(in: "the shards"), cut.line].compactMap(\.self)
    let members = rows.reduce(0) { $0 &+ $1.problems }
    if members > 0 {
      let first = rows.lazy.compactMap { row -> String? in
        let index = try? ShardIndex(path: IndexFolder.path(ofShard: row.name, in: folder))
        return (try? index?.problems())?.first.map { "\(row.name)/\($0.key): \($0.reason)" }
      }.first
      parts.append(
        "\(members) \(members == 1 ? "member is" : "members are") passed over"
          + (first.map { ", the first \($0)" } ?? ""))
    }
    error = .dataset(path: plan.name, reason: ([reason] + parts).joined(separator: "; "))
  }
}
