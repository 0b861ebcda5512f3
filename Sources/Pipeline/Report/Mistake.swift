import Files
import ImageData
import Pages
import Recipes
import Training

/// A measured picture that the student is sure and wrong about, as it is shown.
struct Mistake {
  /// Its key, its classes and how sure the network is.
  var prediction: MeasuredPredictions.Mistake
  /// The picture, or why there is none.
  var content: ImageGrid.Content

  /// The most that are shown.
  static let most = 24
  /// The most bytes of their pictures.
  private static let mostBytes = 1_000_000

  /// Labels of D that are probably wrong, with pictures of `dataset`: the label's class stands for the truth, which it
  /// may not be.
  static func all(
    _ issues: [LabelErrors.Issue], names: [String], of dataset: any ImageDataset, maxPixels: Int
  ) -> [Mistake] {
    let places = Dictionary(zip(names, names.indices)) { first, _ in first }
    let found = issues.compactMap { issue -> MeasuredPredictions.Mistake? in
      guard let truth = places[issue.givenLabel], let prediction = places[issue.predictedLabel]
      else { return nil }
      return .init(
        picture: issue.index, key: issue.key, truth: truth, prediction: prediction,
        probability: issue.labelQuality)
    }
    return all(Array(found.prefix(most)), of: dataset, maxPixels: maxPixels)
  }

  /// The `found` wrong answers with pictures of `dataset`.
  static func all(
    _ found: [MeasuredPredictions.Mistake], of dataset: any ImageDataset, maxPixels: Int
  ) -> [Mistake] {
    var budget = mostBytes
    return found.map { mistake in
      guard dataset.absence == nil, mistake.picture < dataset.count,
        dataset.key(at: mistake.picture) == mistake.key
      else { return Mistake(prediction: mistake, content: .missing("no longer there")) }
      return Mistake(
        prediction: mistake,
        content: ImageGrid.content(
          of: dataset, at: mistake.picture, maxPixels: maxPixels, budget: &budget))
    }
  }
}

extension Mistake {
  /// The picture with what a network says of it; where it `isOfLabel`, the probability is the label's.
  func cell(_ names: [String], isOfLabel: Bool = false) -> HTML {
    let found = prediction
    func name(_ index: Int) -> String { names.indices.contains(index) ? names[index] : "\(index)" }
    let (said, truth) = (name(found.prediction), name(found.truth))
    let p = Probability.percent(found.probability) + " %"
    let words =
      isOfLabel ? "\(said); labelled \(truth), \(p)" : "\(said), \(p); labelled \(truth)"
    let caption: HTML = """
      <div class="caption"><b>\(said)</b><br>\(p)<br><span class="is-wrong">label: \(truth)</span></div>
      """
    switch content {
    case .none: return .none
    case .missing(let reason):
      return "<li title=\"\(found.key)\"><div class=\"frame none\">\(reason)</div>\(caption)</li>"
    case .picture(let thumbnail):
      return """
        <li><div class="frame wrong"><img src="\(thumbnail.dataURI)" width="\(thumbnail.width)" \
        height="\(thumbnail.height)" \(thumbnail.format == .png ? "class=\"tiny\" " as HTML : .none)\
        alt="\(truth), taken for \(said)" title="\(found.key): \(words)"></div>\
        \(caption)</li>
        """
    }
  }
}
