import Files
import Foundation
import Pages
import Ranking
import Recipes

/// The selection: how its size, its score and its purity fall with the rank, and how full its classes
/// are.
struct SelectionSection {
  let data: ReportData
  private static let few = 50
  private static let shown = 25

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    guard let selected = data.selection else { return .none }
    return """
      <section class="long" aria-labelledby="selection">
      <h2 id="selection">The selection</h2>
      <p>\(summary(selected))</p>
      <h3>By rank</h3>
      \(RankCharts(selected, classes: data.classNames.count, data.inspection?.ranks ?? []).html)
      <h3>Images per class</h3>
      \(classes(selected))
      <h3>Overlap</h3>
      \(overlap(selected))
      \(pairs(selected))
      \(leftOut)
      \(origin)
      </section>
      """
  }

  private func summary(_ selected: ReportData.Selected) -> String {
    var text =
      "\(Format.counted(selected.images, "picture", "pictures")) of "
      + "\(Format.count(data.summary.unlabelledImages)) with "
      + "\(Format.counted(selected.labels, "label", "labels")): \(choice(selected))."
    if let purity = selected.statistics.purity {
      text += " \(Format.fixed(100 * purity, 1)) % of the labels are right."
    } else if let reason = data.inspection?.purityUnknown {
      text += " Its purity is not known: \(reason)."
    } else {
      text +=
        " The true classes of the unlabelled pictures are not known, so neither is its purity."
    }
    return text
  }

  /// Which pictures a class got.
  private func choice(_ selected: ReportData.Selected) -> String {
    let most = "K = \(Format.count(selected.imagesPerClass))"
    let ranked =
      "every picture ranked in its P = \(Format.count(selected.labelsPerImage)) best classes"
    switch data.recipe.ranking.strategy {
    case .balanced: return "the \(most) best of each class, \(ranked)"
    case .unbalanced: return "the best of each class, unevenly shared out, \(ranked)"
    case .tags: return "\(most) random ones of each class among those that carry a tag of it"
    case .tagsRanked:
      return "the \(most) best of each class among those that carry a tag of it, \(ranked)"
    }
  }

  // MARK: - Classes

  private func classes(_ selected: ReportData.Selected) -> HTML {
    let fills = selected.statistics.classes
    let short = fills.indices.filter { fills[$0].count < selected.imagesPerClass }
    let text =
      short.isEmpty
      ? "Every class filled its K = \(Format.count(selected.imagesPerClass))."
      : "\(Format.counted(short.count, "class has", "classes have")) fewer than "
        + "K = \(Format.count(selected.imagesPerClass)), marked ▼."
    let all = Array(fills.indices)
    let isTruthKnown = selected.statistics.purity != nil
    let key = legend(isTruthKnown: isTruthKnown)
    guard fills.count > Self.few else {
      return
        "<p>\(text)</p>\(key)\(table(all, selected, caption: "Every class, in the order of the labels."))"
    }
    func doubt(_ index: Int) -> (Double, Double) {
      let fill = fills[index]
      let share = Double(fill.count) / Double(max(selected.imagesPerClass, 1))
      return (share, isTruthKnown ? fill.purity ?? -1 : Double(fill.lowestScore ?? -.infinity))
    }
    let first = all.sorted { doubt($0) < doubt($1) }.prefix(Self.shown)
    let caption =
      "The \(Self.shown) classes with the fewest pictures, among equals those with the lowest "
      + (isTruthKnown ? "purity." : "score.")
    return """
      <p>\(text)</p>
      \(key)
      \(table(Array(first), selected, caption: caption))
      <details><summary>All \(Format.count(fills.count)) classes</summary>
      \(table(all, selected, caption: "Every class, in the order of the labels.", bars: false))
      </details>
      """
  }

  private func table(
    _ shown: [Int], _ selected: ReportData.Selected, caption: String, bars: Bool = true
  ) -> HTML {
    let isTruthKnown = selected.statistics.purity != nil
    let rows = shown.map { index -> HTML in
      let fill = selected.statistics.classes[index]
      let isShort = fill.count < selected.imagesPerClass
      let bar: HTML =
        bars ? "<td class=\"track\">\(self.bar(fill, of: selected.imagesPerClass))</td>" : .none
      let purity: HTML =
        isTruthKnown
        ? "<td data-label=\"purity\">\(fill.purity.map { Probability.share($0) } ?? "–")</td>"
        : .none
      return """
        <tr><th scope="row" class="text">\(data.classNames[index])</th>\(bar)\
        <td data-label="images">\(isShort ? "▼ " : "")\(Format.count(fill.count))</td>\
        <td data-label="p, last rank">\(Probability.text(fill.lowestScore))</td>\
        <td data-label="log-odds">\(Probability.logOdds(fill.lowestScore))</td>\(purity)</tr>
        """
    }
    return """
      <table class="tracks">
      <caption>\(caption)</caption>
      <thead><tr><th scope="col" class="text">Class</th>\
      \(bars ? "<th scope=\"col\" class=\"track\">filled, up to K</th>" as HTML : .none)\
      <th scope="col">images</th><th scope="col">p at its last rank</th>\
      <th scope="col">log-odds there</th>\
      \(isTruthKnown ? "<th scope=\"col\">purity %</th>" as HTML : .none)</tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      """
  }

  /// Up to K: the pictures whose label is right (or not known to be wrong), then the wrong ones,
  /// lower, then the room that is left.
  private func bar(_ fill: SelectionStatistics.ClassFill, of most: Int) -> HTML {
    let all = Double(max(most, 1))
    let wrong = Double(fill.known - fill.right) / all
    let right = max(0, Double(fill.count) / all - wrong)
    func width(_ share: Double) -> String { Format.fixed(100 * share, 2) + "%" }
    return """
      <svg aria-hidden="true"><rect class="room" y="13" width="100%" height="2"/>\
      <rect class="bar" y="9" width="\(width(right))" height="10"/>\
      <rect class="bar wrong" x="\(width(right))" y="11" width="\(width(wrong))" height="6"/></svg>
      """
  }

  private func legend(isTruthKnown: Bool) -> HTML {
    func key(_ mark: HTML, _ name: HTML) -> HTML {
      "<li><svg aria-hidden=\"true\">\(mark)</svg>\(name)</li>"
    }
    let right = key(
      "<rect class=\"bar\" y=\"2\" width=\"30\" height=\"10\"/>",
      isTruthKnown ? "right label" : "selected")
    let wrong =
      isTruthKnown
      ? key("<rect class=\"bar wrong\" y=\"4\" width=\"30\" height=\"6\"/>", "wrong label") : .none
    let room = key("<rect class=\"room\" y=\"6\" width=\"30\" height=\"2\"/>", "room up to K")
    return "<ul class=\"legend\">\(right)\(wrong)\(room)</ul>"
  }

  // MARK: - Overlap

  private func overlap(_ selected: ReportData.Selected) -> HTML {
    let counts = selected.statistics.imagesByLabelCount
    guard counts.count > 1 else {
      return "<p>No picture is in more than one list.</p>"
    }
    let rows = counts.enumerated().filter { $0.element > 0 }.map { index, count -> HTML in
      """
      <tr><th scope="row" class="text">\(index + 1)</th><td>\(Format.count(count))</td>\
      <td>\(Probability.share(Double(count) / Double(max(selected.images, 1))))</td></tr>
      """
    }
    let several = counts.dropFirst().reduce(0, +)
    return """
      <p>\(Format.counted(several, "picture is", "pictures are")) in more than one list. Each is one \
      training picture with several labels.</p>
      <table>
      <caption>Pictures by the number of lists that they are in.</caption>
      <thead><tr><th scope="col" class="text">Lists</th><th scope="col">pictures</th>\
      <th scope="col">% of the selection</th></tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      """
  }
}

/// Scores as readers know them.
enum Probability {
  /// A share in percent.
  static func share(_ share: Double) -> String { Format.fixed(100 * share, 1) }

  /// A probability in percent; the ends are kept for what is exactly there.
  static func percent(_ share: Double) -> String {
    guard share.isFinite else { return "–" }
    let percent = 100 * share
    if percent >= 100 || percent <= 0 { return Format.fixed(percent, 0) }
    if percent > 99.99 { return "> 99.99" }
    if percent < 0.01 { return "< 0.01" }
    return Format.fixed(percent, 2)
  }

  /// The probability of a class, in percent, from its log-odds.
  static func text(_ score: Float?) -> String {
    guard let score else { return "–" }
    return percent(LogOdds.probability(fromLogOdds: score)) + " %"
  }

  /// The log-odds themselves.
  static func logOdds(_ score: Float?) -> String {
    guard let score else { return "–" }
    if score == .infinity { return "∞" }
    return (score < 0 ? "−" : "") + Format.fixed(Double(abs(score)), 2)
  }
}
