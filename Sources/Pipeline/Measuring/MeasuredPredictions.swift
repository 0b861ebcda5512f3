import Files

/// `predictions-SET.csv` of a stage, read: what its network said of each measured picture.
struct MeasuredPredictions: Equatable {
  /// By picture its true class.
  private(set) var truths: [Int32] = []
  /// By picture the class that came first; −1 of one that could not be read.
  private(set) var classes: [Int32] = []
  /// The wrong answers that the network is surest of, the surest first.
  private(set) var surestMistakes: [Mistake] = []

  /// A wrong answer.
  struct Mistake: Equatable {
    /// The picture's place in its set.
    var picture: Int
    /// Its key.
    var key: String
    /// Its true class.
    var truth: Int
    /// The class that came first.
    var prediction: Int
    /// The probability of that.
    var probability: Double
  }

  /// Predictions of pictures with these classes.
  init(truths: [Int32], classes: [Int32], surestMistakes: [Mistake] = []) {
    self.truths = truths
    self.classes = classes
    self.surestMistakes = surestMistakes
  }

  /// Reads the file at `path`; nil where it is missing, broken or of other classes than `names`. Of the wrong
  /// answers the `most` surest are kept.
  init?(at path: String, names: [String], mistakes most: Int) {
    guard let reader = try? CSVReader(path: path), (try? reader.next()) == true,
      reader.texts.starts(with: ["key", "truth", "prediction", "probability"])
    else { return nil }
    let places = Dictionary(zip(names, names.indices)) { first, _ in first }
    while true {
      guard let hasRow = try? reader.next() else { return nil }
      guard hasRow else { break }
      guard reader.count >= 4, let truth = places[reader.text(1)] else { return nil }
      truths.append(Int32(truth))
      let answer = reader.text(2)
      guard !answer.isEmpty else {
        classes.append(-1)
        continue
      }
      guard let prediction = places[answer], let probability = Double(reader.text(3)) else {
        return nil
      }
      classes.append(Int32(prediction))
      guard prediction != truth else { continue }
      surestMistakes.append(
        Mistake(
          picture: truths.count - 1, key: reader.text(0), truth: truth, prediction: prediction,
          probability: probability))
      if surestMistakes.count > 4 * most + 64 { keepSurest(most) }
    }
    keepSurest(most)
  }

  private mutating func keepSurest(_ most: Int) {
    surestMistakes.sort { ($1.probability, $0.picture) < ($0.probability, $1.picture) }
    surestMistakes.removeLast(max(0, surestMistakes.count - most))
  }

  /// How many pictures only this network is right about, and how many only `other`; nil where they are not of the
  /// same pictures.
  func discordant(with other: Self) -> (student: Int, baseline: Int)? {
    guard truths == other.truths else { return nil }
    var (own, others) = (0, 0)
    for index in truths.indices where classes[index] >= 0 && other.classes[index] >= 0 {
      let isRight = classes[index] == truths[index]
      guard isRight != (other.classes[index] == truths[index]) else { continue }
      if isRight { own += 1 } else { others += 1 }
    }
    return (own, others)
  }
}
