import Copies
import Files
import ImageData
import Ranking
import Recipes
import Shards
import Terminal

/// The mean of several teachers' probabilities, from the scores that their own runs have.
///
/// No picture is read: what each shows was noted with the first teacher's scores. A picture that any of
/// them has no scores of has none here, and the reason is that teacher's.
final class MeanScores: ScoreSource {
  let kind: ShardRecord
  let notesContents: Bool
  private let run: Run
  private let teachers: [OtherScores]
  private let provenance: ScoreProvenance
  private var mean: MeanProbabilities

  /// Looks at all records of the teachers that the recipe of `run` names.
  /// - Throws: `PipelineError` naming the one whose scores cannot be used, and why.
  init(of run: Run) throws {
    self.run = run
    let (pictures, classes) = (run.data.unlabelled, run.data.classNames)
    teachers = try Self.teachers(of: run.recipe, pictures, classes: classes)
    provenance = ScoreProvenance(meanOf: teachers, classes: classes)
    let most = run.recipe.ranking.keptClasses(of: classes.count)
    kind = ShardRecord(
      from: provenance.identity, recipeHash: run.recipe.scoresHash,
      leftOut: run.inputs.leftOut ?? "", classesPerSample: most, classes: classes.count)
    notesContents = teachers.contains(where: \.notesContents)
    mean = MeanProbabilities(classes: classes.count, count: most)
  }

  /// The scores that the recipe's teachers have.
  /// - Throws: `PipelineError` naming the one whose scores cannot be used, and why.
  static func teachers(
    of recipe: Recipe, _ pictures: any ShardedDataset, classes: [String]
  ) throws -> [OtherScores] {
    let teachers = try recipe.ranking.teachers.map { try OtherScores(at: $0) }
    for teacher in teachers {
      try teacher.require(
        pictures, classes: classes, keeping: recipe.ranking.keptClasses(of: classes.count))
    }
    guard teachers.contains(where: \.notesContents) || !recipe.ranking.looksForCopies else {
      throw PipelineError.usage(
        "none of the teachers (\(Format.few(teachers.map(\.path)))) has looked at the pictures, which "
          + "ranking.leaveOut and ranking.duplicates need; score one of them without keep, or set both to "
          + "keep")
    }
    return teachers
  }

  func prepare(for shards: [Int]) throws {
    guard !shards.isEmpty else { return }
    try provenance.write(to: run.directory)
    run.console.note(
      "scores: the mean of \(Format.counted(teachers.count, "teacher", "teachers")): "
        + Format.few(teachers.map(\.path)))
  }

  func forEachBatch(
    ofShard shard: Int, copying: CacheFormat?, _ body: (ScoredBatch) throws -> Void
  ) throws {
    let pictures = run.data.unlabelled
    let name = pictures.shardName(shard)
    for teacher in teachers { try teacher.requireSame(shard, of: pictures) }
    let first = pictures.range(ofShard: shard).lowerBound
    let looking = teachers.first(where: \.notesContents)
    let contents = try looking?.contents(ofShard: name)
    let omissions = try teachers.map { try $0.omissions(ofShard: name) }
    try ScoreBlocks(teachers, shard: name).forEach { blocks in
      try StopSignal.check()
      let positions = blocks[0].firstPosition..<blocks[0].firstPosition + blocks[0].count
      let noted = try contents.map { file in try positions.map { try file.contents(at: $0) } }
      var unreadable: [Int: String] = [:]
      for (row, position) in positions.enumerated() {
        let reasons = omissions.compactMap { $0[position] }
        if let reason = reasons.first(where: { $0.copy == nil && !$0.isWithoutScores })?.reason {
          unreadable[row] = reason
        }
      }
      try body(
        ScoredBatch(
          indices: positions.map { first + $0 }, contents: noted ?? [], unreadable: unreadable
        ) { row in
          for (place, teacher) in self.teachers.enumerated() {
            guard let omission = omissions[place][positions.lowerBound + row] else { continue }
            return .omitted(reason: "no scores of it in \(teacher.path): \(omission.reason)")
          }
          return self.mean(of: blocks, at: row)
        })
    }
  }

  private func mean(of blocks: [ScoreBlock], at row: Int) -> ScoredBatch.RowScores {
    mean.begin()
    for block in blocks {
      let (classes, scores) = block.entries(at: row)
      mean.add(classes, scores)
    }
    mean.end()
    return .classes(mean.classes, mean.scores)
  }

  func finish() throws {
    guard let agreement = try TeacherAgreement(of: teachers, in: run, source: provenance.identity)
    else { return }
    run.console.note("scores: \(agreement.line)")
  }
}

extension ScoreProvenance {
  /// Where a mean comes from.
  init(meanOf teachers: [OtherScores], classes: [String]) {
    self.init(classes: classes)
    self.teachers = teachers.map {
      Teacher(
        path: $0.path, identity: $0.kind.scoringIdentity, classesPerSample: $0.classesPerSample)
    }
  }

  /// What the mean is known by that a recipe asks for; nil where it asks for none, or a teacher has no
  /// scores (any more).
  static func identity(ofMeanIn recipe: Recipe, classes: [String]) -> String? {
    guard recipe.teacher.kind == .given, !recipe.ranking.teachers.isEmpty,
      let teachers = try? recipe.ranking.teachers.map({ try OtherScores(at: $0) })
    else { return nil }
    return Self(meanOf: teachers, classes: classes).identity
  }
}

extension Recipe.Ranking {
  /// P, or how many of `classes` there are.
  func keptClasses(of classes: Int) -> Int { min(labelsPerImage, classes) }
}
