import Files
import Pages

/// The labels of D that `halcyon label-errors` found to be dubious.
struct LabelErrorsSection {
  private let data: ReportData

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    guard let found = data.labelErrors else { return data.labelErrorsAreOthers ? others : .none }
    let asked =
      found.folds.map {
        "\(Format.counted($0 * found.repeats, "teacher", "teachers")), each of which had not learned the pictures that it was asked about"
      } ?? "the vote of all others"
    let shown = data.dubious.count
    let list: HTML =
      shown == 0
      ? .none
      : """
      <p>\(shown < found.issues ? "The \(Format.count(shown)) most dubious ones: what" : "What") comes first, the \
      probability of the label, and the label.</p>
      <ul class="ranks">
      \(data.dubious.map { $0.cell(data.classNames, isOfLabel: true) })
      </ul>
      """
    return """
      <section class="long" aria-labelledby="labels">
      <h2 id="labels">Labels that may be wrong</h2>
      <p>\(Format.counted(found.issues, "label", "labels")) of \(Format.count(found.pictures)) labelled pictures \
      may be wrong, by confident learning on the answers of \(asked); \
      \(Format.fixed(found.outOfFoldTop1, 1)) % of all labels come first there. All are in \
      <code>\(LabelErrorFiles.folder)/\(LabelErrorFiles.issues)</code>.\(found.validationLine.map { " \($0)." } ?? "")</p>
      \(list)
      </section>
      """
  }

  private var others: HTML {
    """
    <section class="long" aria-labelledby="labels">
    <h2 id="labels">Labels that may be wrong</h2>
    <p>\(HTML.prose("What was found is \(LabelErrors.otherwise)."))</p>
    </section>
    """
  }
}
