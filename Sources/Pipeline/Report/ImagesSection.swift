import Files
import ImageData
import Pages
import Ranking

/// For every class the pictures at chosen ranks, as in the paper's Figure 2.
struct ImagesSection {
  private let data: ReportData

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    guard let grid = data.pictures, !grid.rows.isEmpty else { return .none }
    let isTruthKnown = grid.rows.contains { $0.cells.contains { $0.truth != nil } }
    let frames: HTML =
      isTruthKnown
      ? """
      <li><span class="frame right"></span>✓ the label is right</li>
      <li><span class="frame wrong"></span>✗ it is wrong: the true class stands below</li>
      """ : "<li><span class=\"frame\"></span>the true class is not known</li>"
    let ranks = grid.ranks.map { Format.count($0) }.joined(separator: ", ")
    return """
      <section class="long" aria-labelledby="pictures">
      <h2 id="pictures">What was selected</h2>
      <p>For every class its pictures at ranks \(ranks), as in Figure 2 of the paper, with the \
      teacher's probability p. \(grid.choice ?? "")</p>
      <ul class="legend">\(frames)</ul>
      \(grid.rows.map(row))
      </section>
      """
  }

  private func row(_ row: ImageGrid.Row) -> HTML {
    let name = data.classNames[row.class]
    let fill = data.selection?.statistics.classes[row.class]
    let purity = fill?.purity.map { "\(Probability.share($0)) % right" } ?? ""
    let count = fill.map { Format.counted($0.count, "picture", "pictures") } ?? ""
    return """
      <div class="class">
      <h3>\(name) <span class="small">\(count)</span> <span class="small">\(purity)</span></h3>
      <ul class="ranks">
      \(row.cells.map { cell($0, in: row.class) })
      </ul>
      </div>
      """
  }

  private func cell(_ cell: ImageGrid.Cell, in index: Int) -> HTML {
    let rank = "rank \(Format.count(cell.rank))"
    let isRight = cell.truth.map { $0 == index }
    let truth = cell.truth.flatMap {
      data.classNames.indices.contains($0) ? data.classNames[$0] : nil
    }
    let p = "p \(Probability.text(cell.score))"
    let verdict: HTML =
      switch isRight {
      case true?: "<span class=\"is-right\">✓ right</span>"
      case false?: "<span class=\"is-wrong\">✗ \(truth ?? "wrong")</span>"
      case nil: .none
      }
    switch cell.content {
    case .none:
      return """
        <li><div class="frame none">no picture: the list is shorter</div>\
        <div class="caption"><b>\(rank)</b></div></li>
        """
    case .missing(let reason):
      return """
        <li title="\(cell.key)"><div class="frame none">\(reason)</div>\
        <div class="caption"><b>\(rank)</b> \(p)<br>\(verdict)</div></li>
        """
    case .picture(let thumbnail):
      let style: HTML =
        switch isRight {
        case true?: "frame right"
        case false?: "frame wrong"
        case nil: "frame"
        }
      let said = isRight.map { $0 ? ", right" : ", wrong: it is \(truth ?? "another class")" } ?? ""
      let title =
        "\(cell.key): \(rank), log-odds \(Probability.logOdds(cell.score)), \(p)\(said)"
      return """
        <li><div class="\(style)"><img src="\(thumbnail.dataURI)" width="\(thumbnail.width)" \
        height="\(thumbnail.height)" \(thumbnail.format == .png ? "class=\"tiny\" " as HTML : .none)\
        alt="\(data.classNames[index]), \(rank)\(said)" title="\(title)"></div>\
        <div class="caption"><b>\(rank)</b><br>\(p)<br>\(verdict)</div></li>
        """
    }
  }
}
