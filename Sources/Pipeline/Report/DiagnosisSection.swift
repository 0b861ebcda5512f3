import Files
import Pages
import Ranking

/// What may stand in the way of a gain, each with the run's own numbers, the key to change first and the
/// experiment that measures how much it matters.
struct DiagnosisSection {
  private let data: ReportData
  private let diagnosis: Diagnosis

  init(_ data: ReportData) {
    self.data = data
    diagnosis = Diagnosis(data)
  }

  var html: HTML {
    guard !diagnosis.findings.isEmpty || !diagnosis.warnings.isEmpty else { return .none }
    let order: [Finding.Weight] = [.against, .unknown, .fine]
    let sorted = order.flatMap { weight in diagnosis.findings.filter { $0.weight == weight } }
    let table: HTML =
      sorted.isEmpty
      ? .none
      : """
      <table class="findings">
      <caption>What speaks against a gain first.</caption>
      <thead><tr><th scope="col" class="text">Question</th><th scope="col" class="text">What this \
      run's numbers say</th><th scope="col" class="text">To change first</th></tr></thead>
      <tbody>
      \(sorted.map(row))
      </tbody>
      </table>
      """
    return """
      <section class="long" aria-labelledby="why">
      <h2 id="why">What helps and hinders a gain</h2>
      <p>\(summary)</p>
      \(table)
      \(warnings)
      \(PurityTable(data).html)
      </section>
      """
  }

  private var summary: String {
    let against = diagnosis.against.count,
      unknown = diagnosis.findings.count { $0.weight == .unknown }
    let warned = diagnosis.warnings.count
    var parts = [
      "\(Format.counted(against, "number speaks", "numbers speak")) against a gain"
    ]
    if unknown > 0 {
      parts.append("\(Format.counted(unknown, "question has", "questions have")) no answer yet")
    }
    if warned > 0 {
      parts.append("a dry run warns of \(Format.counted(warned, "thing", "things"))")
    }
    return parts.joined(separator: ", ")
      + ". What is to be changed first stands beside each, with the experiment that measures what it matters."
  }

  private func row(_ finding: Finding) -> HTML {
    let mark: HTML =
      switch finding.weight {
      case .against: "<span class=\"is-wrong\">▼ \(finding.name)</span>"
      case .unknown: "<span class=\"small\">? not known</span>"
      case .fine: "<span class=\"is-right\">✓ no hindrance</span>"
      }
    let text = finding.answer.prefix(1).uppercased() + finding.answer.dropFirst()
    let advice = finding.advice.map { " \($0.prefix(1).uppercased())\($0.dropFirst())." } ?? ""
    let isActing = finding.weight != .fine
    return """
      <tr><th scope="row" class="text">\(finding.question)<br>\(mark)</th>\
      <td class="text">\(HTML.prose(text + advice))</td>\
      <td class="text">\(isActing ? code(finding.key) : .none)\
      \(finding.weight == .against ? command(finding.evidence, after: finding.key) : .none)</td></tr>
      """
  }

  /// What the dry run warns of, too: each of the recommendations that the recipe departs from.
  private var warnings: HTML {
    guard !diagnosis.warnings.isEmpty else { return .none }
    let rows = diagnosis.warnings.map { warning -> HTML in
      """
      <tr><th scope="row" class="text">\(warning.message.prefix(1).uppercased())\(String(warning.message.dropFirst())).</th>\
      <td class="text">\(code(warning.key))\(command(warning.evidence, after: warning.key))</td></tr>
      """
    }
    return """
      <h3>What the dry run warns of</h3>
      <table class="findings two">
      <caption>The recommendations of the paper's Table 1 that the recipe departs from are among them.</caption>
      <thead><tr><th scope="col" class="text">Warning</th>\
      <th scope="col" class="text">To change first</th></tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      """
  }

  private func code(_ key: String?) -> HTML { key.map { "<code>\($0)</code>" } ?? .none }

  private func command(_ evidence: Evidence?, after key: String?) -> HTML {
    guard let evidence else { return .none }
    return "\(key == nil ? .none : "<br>" as HTML)<span class=\"small\">\(evidence.command)</span>"
  }
}

/// The estimated purity of each class.
struct PurityTable {
  private let data: ReportData
  private static let shown = 25

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    guard let estimate = data.purity else { return .none }
    let fills = data.selection?.statistics.classes ?? []
    let isTruthKnown = fills.contains { $0.known > 0 }
    let found = estimate.classes.indices.filter { estimate.classes[$0] != nil }
    func share(_ index: Int) -> Double { estimate.classes[index]?.share ?? 1 }
    let lowest = found.sorted { (share($0), $0) < (share($1), $1) }
    let first = Array(lowest.prefix(Self.shown))
    let rest: HTML =
      lowest.count > first.count
      ? """
      <details><summary>All \(Format.count(lowest.count)) classes</summary>
      \(table(found, estimate, fills, isTruthKnown, caption: "Every class, in the order of the labels."))
      </details>
      """ : .none
    let truth =
      isTruthKnown
      ? " U's labels are known here, so that the true share stands beside it." : ""
    return """
      <h3>Estimated purity</h3>
      <p>How often the teacher is right about a class at a score is told by \
      \(Format.counted(estimate.images, "picture", "pictures")) \(estimate.source.words): Platt's scaling with an \
      offset for each class, shrunk towards what all have in common, averaged over the scores of what was \
      selected. The intervals (95 %) are those of the bootstrap over these pictures. It holds as far as U's \
      pictures are like D's.\(estimate.source.caveat)\(truth)</p>
      \(table(first, estimate, fills, isTruthKnown, caption: lowest.count > first.count
        ? "The \(Self.shown) classes with the lowest estimate." : "The lowest first."))
      \(rest)
      """
  }

  private func table(
    _ indices: [Int], _ estimate: PurityEstimate, _ fills: [SelectionStatistics.ClassFill],
    _ isTruthKnown: Bool, caption: String
  ) -> HTML {
    func row(_ name: String, _ share: PurityEstimate.Share, _ truth: Double?, isTotal: Bool) -> HTML
    {
      let known: HTML =
        isTruthKnown
        ? "<td data-label=\"true\">\(truth.map { Probability.share($0) } ?? "–")</td>" : .none
      return """
        <tr\(isTotal ? " class=\"main\"" as HTML : .none)><th scope="row" class="text">\(name)</th>\
        <td data-label="labels">\(Format.count(share.count))</td>\
        <td data-label="teacher says">\(Probability.share(share.said))</td>\
        <td data-label="estimate">\(Probability.share(share.share))</td>\
        <td data-label="95 % interval">\(Probability.share(share.low)) – \(Probability.share(share.high))</td>\
        \(known)</tr>
        """
    }
    let rows = indices.compactMap { index in
      estimate.classes[index].map {
        row(
          data.classNames[index], $0, fills.indices.contains(index) ? fills[index].purity : nil,
          isTotal: false)
      }
    }
    let all = row(
      "All", estimate.all, data.selection?.statistics.purity, isTotal: true)
    return """
      <table class="tracks many">
      <caption>\(caption)</caption>
      <thead><tr><th scope="col" class="text">Class</th><th scope="col">labels</th>\
      <th scope="col">teacher says %</th><th scope="col">right, estimated %</th>\
      <th scope="col">95 % interval</th>\
      \(isTruthKnown ? "<th scope=\"col\">right, true %</th>" as HTML : .none)</tr></thead>
      <tbody>
      \(all)
      \(rows)
      </tbody>
      </table>
      """
  }
}
