import Files
import Pages
import Recipes

/// Which classes the student takes for which, beside the baseline: as a matrix, or, of many classes, the most
/// confused pairs.
struct ConfusionSection {
  private let data: ReportData
  /// Up to so many classes the whole matrix is shown.
  static let few = 25
  /// Of more, so many pairs.
  static let pairs = 40
  /// Beside a matrix, so many.
  private static let fewPairs = 10

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    let stages = [Stage.fineTuning, .baseline, .teacher].filter { data.predictions[$0] != nil }
    guard let main = stages.first else { return .none }
    let matrices = Dictionary(
      stages.compactMap { stage in
        data.predictions[stage].map {
          (stage, ConfusionMatrix(of: $0, classCount: data.classNames.count))
        }
      }, uniquingKeysWith: { first, _ in first })
    let isSmall = data.classNames.count <= Self.few
    func grids(_ shown: [Stage]) -> [HTML] {
      isSmall ? shown.compactMap { stage in matrices[stage].map { grid($0, stage) } } : []
    }
    // The teacher's is folded away: what was gained is the difference of the two others.
    let side = grids(stages.filter { $0 == main || $0 == .baseline })
    let folded = grids(stages.filter { $0 != main && $0 != .baseline })
    let files = stages.map { stage -> HTML in
      "<code>\(data.folder(of: stage))/predictions-\(data.measuredOn?.rawValue ?? "test").csv</code>"
    }
    return """
      <section class="long" aria-labelledby="confusion">
      <h2 id="confusion">What is taken for what</h2>
      <p>The \(data.measuredOn?.rawValue ?? "") pictures of each class, by the class that \
      came first. Every picture's answer stands in \(HTML.list(files)).</p>
      \(pairTable(matrices, stages, main, most: isSmall ? Self.fewPairs : Self.pairs))
      \(side.isEmpty ? .none : "<div class=\"matrices\">\n\(side)\n</div>" as HTML)
      \(folded.isEmpty ? .none : "<details><summary>The teacher's</summary>\n\(folded)\n</details>" as HTML)
      </section>
      """
  }

  private func pairTable(
    _ matrices: [Stage: ConfusionMatrix], _ stages: [Stage], _ main: Stage, most: Int
  ) -> HTML {
    guard let matrix = matrices[main] else { return .none }
    let pairs = matrix.mostConfused(most)
    guard !pairs.isEmpty else {
      return "<p>\(main.facts.result): no picture is taken for another class's.</p>"
    }
    let rows = pairs.map { pair -> HTML in
      let total = matrix.total[pair.truth]
      let cells = stages.compactMap { stage -> HTML? in
        guard let count = matrices[stage]?[pair.truth, pair.prediction] else { return nil }
        let label = stage.facts.result.lowercased()
        return "<td data-label=\"\(label)\">\(Format.count(count))</td>"
      }
      return """
        <tr><th scope="row" class="text">\(data.classNames[pair.truth])</th>\
        <td class="text" data-label="taken for">\(data.classNames[pair.prediction])</td>\(cells)\
        <td data-label="of">\(Format.count(total))</td></tr>
        """
    }
    let heads = stages.map { stage -> HTML in "<th scope=\"col\">\(stage.facts.result)</th>" }
    return """
      <table class="tracks many">
      <caption>The pairs that \(main == .fineTuning ? "the student" : "it") confuses most, in pictures.</caption>
      <thead><tr><th scope="col" class="text">Class</th><th scope="col" class="text">taken for</th>\
      \(heads)<th scope="col">of</th></tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      """
  }

  private func grid(_ matrix: ConfusionMatrix, _ stage: Stage) -> HTML {
    let names = data.classNames
    let head = names.map { name -> HTML in
      "<th scope=\"col\"><span>\(name)</span></th>"
    }
    let rows = names.indices.map { truth -> HTML in
      let cells = names.indices.map { prediction -> HTML in
        let count = matrix[truth, prediction]
        let share = Double(count) / Double(max(1, matrix.total[truth]))
        let style: HTML =
          count == 0
          ? .none
          : " style=\"--share:\(Format.fixed(truth == prediction ? 45 * share : 6 + 80 * share, 0))%\""
        let kind: HTML =
          truth == prediction ? " class=\"hit\"" : count > 0 ? " class=\"miss\"" : .none
        return "<td\(kind)\(style)>\(count == 0 ? "·" : String(count))</td>"
      }
      return "<tr><th scope=\"row\" class=\"text\">\(names[truth])</th>\(cells)</tr>"
    }
    return """
      <div><table class="confusion">
      <caption>\(stage.facts.result): rows are true classes, columns what came first.</caption>
      <thead><tr><th></th>\(head)</tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table></div>
      """
  }
}

extension HTML {
  /// "a, b and c".
  fileprivate static func list(_ parts: [HTML]) -> HTML {
    guard let last = parts.last, parts.count > 1 else { return parts.first ?? .none }
    return parts.dropLast().dropFirst().reduce(parts[0]) { $0 + ", " + $1 } + " and " + last
  }
}
