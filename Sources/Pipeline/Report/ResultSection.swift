import Files
import Foundation
import Pages
import Recipes
import Training

/// The head of the report: what was done, what it gained, and the table of results.
struct ResultSection {
  private let data: ReportData

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    """
    <header>
    <h1>\(data.recipe.name)</h1>
    <p class="lead">\(lead)</p>
    </header>
    <section aria-label="Result">
    \(verdict)
    \(caveats)
    \(table)
    </section>
    """
  }

  private var lead: String {
    let summary = data.summary, recipe = data.recipe
    let selected =
      !recipe.learnsSelected(.student)
      ? "none of them"
      : summary.selectedImages.map { "\(Format.count($0)) of them" } ?? "the best of them"
    guard recipe.includes(.teacher) else {
      return
        "Scores that another program made rank \(Format.count(summary.unlabelledImages)) unlabelled "
        + "pictures in \(Format.counted(summary.classes, "class", "classes")); a "
        + "\(recipe.student.model) student learns from \(selected), then from "
        + "\(Format.counted(summary.labelledImages, "labelled picture", "labelled pictures"))."
    }
    let teacher = recipe.teacherInWords
    return
      "\(teacher.prefix(1).uppercased())\(teacher.dropFirst()) learns "
      + "\(Format.counted(summary.classes, "class", "classes")) from "
      + "\(Format.counted(summary.labelledImages, "labelled picture", "labelled pictures")) and "
      + "ranks \(Format.count(summary.unlabelledImages)) unlabelled ones; a \(recipe.student.model) "
      + "student learns from \(selected), then from the labelled ones."
  }

  private var verdict: HTML {
    let statement = GainStatement(data)
    var figure = HTML.none
    if let gain = statement.gain {
      let sign = gain < 0 ? "−" : "+"
      figure = """
        <p class="figure">\(sign)\(Format.fixed(abs(gain), 2)) <small>points</small></p>
        """
    }
    var reasons = HTML.none
    if !statement.reasons.isEmpty {
      let why: HTML =
        statement.verdict == .lost
        ? "Likely reasons for the loss, by this run's own numbers"
        : "Likely reasons why it is no more, by this run's own numbers"
      let items = statement.reasons.map { reason -> HTML in "<li>\(HTML.prose(reason))</li>" }
      reasons = """
        <p class="why"><strong>\(why)</strong></p>
        <ul>\(items)</ul>
        """
    } else if statement.verdict == .lost || statement.verdict == .unclear {
      reasons = """
        <p class="why">None of the usual reasons shows in this run's numbers, and a dry run warns of nothing: \
        <a href="#why">what was asked</a>.</p>
        """
    }
    return """
      <div class="verdict \(statement.verdict.rawValue)">
      \(figure)
      <div>
      <p><strong>\(statement.headline)</strong></p>
      \(statement.comparisons.map { line -> HTML in "<p class=\"small\">\(line)</p>" })
      \(reasons)
      </div>
      </div>
      """
  }

  private var caveats: HTML {
    var lines: [HTML] = data.caveats.map { line -> HTML in "<p>\(line)</p>" }
    if !data.missing.isEmpty {
      let stages = data.missing.map(\.title).joined(separator: ", ")
      lines.append(
        """
        <p>This run is not finished; still to come: \(stages). <code>halcyon run</code> on the same \
        directory goes on.</p>
        """)
    }
    guard !lines.isEmpty else { return .none }
    return "<div class=\"warnings\" role=\"note\" aria-label=\"Caveats\">\(lines)</div>"
  }

  private var table: HTML {
    let order = Stage.comparisonsFirst.filter(\.isMeasured)
    let hasFive = data.summary.classes >= 5
    let rows = order.filter(data.recipe.includes).map { stage -> HTML in
      let accuracy = data.summary[stage]
      let marker = data.marker(stage)
      let five: HTML = hasFive ? "<td>\(Self.percent(accuracy.top5))</td>" : .none
      return """
        <tr\(stage == .fineTuning ? " class=\"main\"" as HTML : .none)>\
        <th scope="row" class="text">\(stage.facts.result)\
        \(marker == nil ? " (not finished)" : "")</th>\
        <td>\(Self.percent(accuracy.top1))</td>\(five)\
        <td>\(marker.map { Format.count($0.imagesSeen) } ?? "–")</td>\
        <td>\(marker.map { Self.seconds($0.seconds) } ?? "–")</td></tr>
        """
    }
    var total = HTML.none
    if let pipeline = data.pipeline {
      total = """
        <tr class="total"><th scope="row" class="text">Whole pipeline</th><td></td>\(hasFive ? "<td></td>" as HTML : .none)\
        <td>\(Format.count(pipeline.images))</td><td>\(Self.seconds(pipeline.seconds))</td></tr>
        """
    }
    return """
      <table>
      <caption>\(caption)</caption>
      <thead><tr><th scope="col" class="text">Network</th><th scope="col">top-1 %</th>\
      \(hasFive ? "<th scope=\"col\">top-5 %</th>" as HTML : .none)\
      <th scope="col">images seen</th><th scope="col">seconds</th></tr></thead>
      <tbody>
      \(rows)
      \(total)
      </tbody>
      </table>
      """
  }

  private var caption: String {
    guard let set = data.measuredOn else { return "Not measured: no test pictures were given." }
    let count = data.trainings.compactMap { $0.evaluation?.count }.max()
    if let part = data.summary.measuredPart {
      return "Measured on \(part). The whole pipeline also scores the unlabelled pictures."
    }
    let pictures = count.map { "\(Format.count($0)) \(set.rawValue)" } ?? set.rawValue
    return
      "Measured on the \(pictures) pictures. The whole pipeline also scores the unlabelled pictures."
  }

  static func percent(_ value: Double?) -> String { value.map { Format.fixed($0, 2) } ?? "–" }

  static func seconds(_ value: Double) -> String {
    value < 10 ? Format.fixed(value, 1) : Format.count(Int(value.rounded()))
  }
}
