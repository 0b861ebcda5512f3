import Training

/// One class before and after: how often the baseline, the teacher and the student are right.
struct ClassChange {
  /// The class's index.
  var `class`: Int
  /// Its name.
  var name: String
  /// How many pictures it was measured on; 0 where there were none.
  var count: Int
  /// The supervised baseline's top-1 in percent.
  var before: Double?
  /// The student's.
  var after: Double?
  /// The teacher's.
  var teacher: Double?

  /// What the student gained, in points.
  var change: Double? {
    guard let before, let after else { return nil }
    return after - before
  }

  /// Every class, in the order of the labels; nothing where nothing was measured.
  static func all(_ data: ReportData) -> [ClassChange] {
    let baseline = data.evaluation(.baseline), student = data.evaluation(.fineTuning)
    let teacher = data.evaluation(.teacher)
    guard baseline != nil || student != nil || teacher != nil else { return [] }
    func find(_ evaluation: Evaluation?, _ index: Int) -> Evaluation.ClassAccuracy? {
      guard let classes = evaluation?.perClass, classes.count == data.classNames.count else {
        return nil
      }
      return classes[index]
    }
    return data.classNames.indices.compactMap { index in
      let found = [baseline, student, teacher].map { find($0, index) }
      guard let count = found.compactMap({ $0?.count }).max() else { return nil }
      return ClassChange(
        class: index, name: data.classNames[index], count: count, before: found[0]?.top1,
        after: found[1]?.top1, teacher: found[2]?.top1)
    }
  }
}
