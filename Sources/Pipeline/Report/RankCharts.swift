import Files
import Foundation
import Pages
import Ranking

/// How size, score and purity change from the first rank to K, over all classes: charts and a table.
struct RankCharts {
  private let buckets: [SelectionStatistics.RankBucket]
  private let classes: Int
  /// How many labels agree with a tag, by their first rank; empty where tags are not known.
  private let tagAgreement: [Int: Double]

  init(_ selected: ReportData.Selected, classes: Int, _ ranks: [Inspection.Ranks]) {
    buckets = selected.statistics.rankBuckets.filter { $0.count > 0 }
    self.classes = classes
    let known = ranks.compactMap { ranks in ranks.tagAgreement.map { (ranks.from, $0) } }
    tagAgreement = Dictionary(known, uniquingKeysWith: { first, _ in first })
  }

  var html: HTML {
    guard let last = buckets.last else { return "<p>Nothing was selected.</p>" }
    let isTruthKnown = buckets.contains { $0.known > 0 }
    let ranks = ChartAxis.logarithmic(
      "rank in the class", 1...Double(max(2, last.ranks.upperBound)), isExact: true)
    func points(_ value: (SelectionStatistics.RankBucket) -> Double?) -> [(x: Double, y: Double)] {
      buckets.compactMap { bucket in
        let middle = Double(bucket.ranks.lowerBound * bucket.ranks.upperBound).squareRoot()
        return value(bucket).map { (middle, $0) }
      }
    }
    let scores = points { $0.meanScore }
    let score = scores.map(\.y)
    var certainty = [
      LineChart.Series(
        name: "mean probability", style: "first",
        points: points { $0.meanProbability.map { 100 * $0 } }, isMarked: true)
    ]
    if isTruthKnown {
      certainty.append(
        .init(
          name: "purity", style: "second", points: points { $0.purity.map { 100 * $0 } },
          isMarked: true))
    }
    let lowest = certainty.flatMap { $0.points.map(\.y) }.min() ?? 0
    let charts = [
      LineChart(
        title: "Size: pictures, if K ended there", x: ranks,
        y: .linear("", 0...Double(max(1, sizes.last ?? 1))),
        series: [
          .init(
            name: "pictures up to this rank", style: "first",
            points: zip(buckets, sizes).map { (Double($0.ranks.upperBound), Double($1)) },
            isMarked: true)
        ]),
      LineChart(
        title: "Score: mean log-odds", x: ranks,
        y: .linear("", min(0, score.min() ?? 0)...max(0, score.max() ?? 1)),
        series: [
          .init(name: "mean log-odds", style: "first", points: scores, isMarked: true)
        ]),
      LineChart(
        title: isTruthKnown ? "Probability p and purity (%)" : "Probability p (%)", x: ranks,
        y: .linear("", (lowest < 50 ? 0 : 50)...100, ticks: 5), series: certainty),
    ]
    let purity: HTML =
      isTruthKnown
      ? """
      <li><svg aria-hidden="true"><path class="line second" d="M0 7h30"/>\
      <circle class="mark second" cx="15" cy="7" r="3"/></svg>purity: labels that are right</li>
      """ : .none
    return """
      <ul class="legend"><li><svg aria-hidden="true"><path class="line first" d="M0 7h30"/>\
      <circle class="mark first" cx="15" cy="7" r="3"/></svg>size, log-odds, probability p</li>\
      \(purity)</ul>
      <div class="charts">
      \(charts.map(\.html))
      </div>
      \(table(isTruthKnown: isTruthKnown))
      """
  }

  /// The pictures of D̂ if K were the end of each range.
  private var sizes: [Int] {
    var sum = 0
    return buckets.map {
      sum += $0.newImages
      return sum
    }
  }

  private func table(isTruthKnown: Bool) -> HTML {
    let rows = zip(buckets, sizes).map { bucket, images -> HTML in
      let (low, high) = (bucket.ranks.lowerBound, bucket.ranks.upperBound)
      let ranks =
        low == high ? Format.count(low) : "\(Format.count(low))–\(Format.count(high))"
      let filled = Double(bucket.count) / Double(max(1, classes * bucket.ranks.count))
      let purity: HTML =
        isTruthKnown ? "<td>\(bucket.purity.map { Probability.share($0) } ?? "–")</td>" : .none
      let tagged: HTML =
        tagAgreement.isEmpty
        ? .none : "<td>\(tagAgreement[low].map { Probability.share($0) } ?? "–")</td>"
      return """
        <tr><th scope="row" class="text nowrap">\(ranks)</th><td>\(Probability.share(filled))</td>\
        <td>\(Format.count(images))</td>\
        <td>\(bucket.meanProbability.map { Probability.percent($0) } ?? "–")</td>\
        <td>\(Probability.logOdds(bucket.meanScore.map { Float($0) }))</td>\(purity)\(tagged)</tr>
        """
    }
    let tagNote =
      tagAgreement.isEmpty ? "" : " Tagged so are pictures that carry a tag of the class."
    return """
      <table>
      <caption>All classes together: means, and the pictures that D̂ would have if K ended there. The \
      score is the log-odds, log p − log(1 − p): it still tells \
      pictures apart whose p is all but 100 %.\(tagNote)</caption>
      <thead><tr><th scope="col" class="text">Ranks</th><th scope="col">lists filled, %</th>\
      <th scope="col">pictures up to there</th><th scope="col">mean p, %</th>\
      <th scope="col">log-odds</th>\
      \(isTruthKnown ? "<th scope=\"col\">purity, %</th>" as HTML : .none)\
      \(tagAgreement.isEmpty ? .none : "<th scope=\"col\">tagged so, %</th>" as HTML)</tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      """
  }
}
