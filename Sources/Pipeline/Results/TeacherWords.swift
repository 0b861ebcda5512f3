import Files
import Recipes

extension Recipe {
  /// What labels the unlabelled pictures, in a few words: "a resnet50 teacher".
  var teacherInWords: String {
    switch teacher.kind {
    case .trained: "a \(teacher.model) teacher"
    case .linear: "a teacher that is a linear layer on a frozen \(teacher.model)"
    case .knn: "a teacher of nearest neighbours on a frozen \(teacher.model)"
    case .given where ranking.teachers.count > 1:
      "the mean of the scores of \(Format.count(ranking.teachers.count)) teachers"
    case .given where ranking.teachers.count == 1: "the scores of another run's teacher"
    case .given: "scores that another program made"
    }
  }
}
