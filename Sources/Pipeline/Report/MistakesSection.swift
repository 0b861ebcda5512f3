import Files
import Pages

/// The wrong answers that the student is surest of: hard pictures, and often wrong labels.
struct MistakesSection {
  private let data: ReportData

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    guard !data.mistakes.isEmpty else { return .none }
    return """
      <section class="long" aria-labelledby="mistakes">
      <h2 id="mistakes">The surest mistakes</h2>
      <p>The \(data.measuredOn?.rawValue ?? "") pictures whose class the student is surest of, and is wrong about: \
      what it says with its probability, and what the label says. Some of these labels may be wrong themselves; \
      <code>halcyon label-errors</code> looks for such in D.</p>
      <ul class="ranks">
      \(data.mistakes.map(cell))
      </ul>
      </section>
      """
  }

  private func cell(_ mistake: Mistake) -> HTML { mistake.cell(data.classNames) }
}
