import Files
import Pages

/// The rounds of a run that has several: what each teacher's ranking was worth.
struct RoundsSection {
  private let rounds: [Summary.Round]
  private let last: Int

  init(_ data: ReportData) { (rounds, last) = (data.summary.rounds, data.lastRound) }

  var html: HTML {
    guard rounds.count > 1 else { return .none }
    let rows = rounds.map { round -> HTML in
      func text(_ value: Double?) -> String { value.map { Format.fixed($0, 2) } ?? "-" }
      let figures = [
        text(round.teacher), round.purityText ?? "-", text(round.pretrained), text(round.student),
      ]
      let cells = figures.map { figure -> HTML in "<td>\(figure)</td>" }
      return "<tr><th scope=\"row\">\(String(round.round))</th>\(cells)</tr>"
    }
    return """
      <section aria-labelledby="rounds">
      <h2 id="rounds">Rounds</h2>
      <p>The student of each round is the teacher of the next one, whose scores, selection, models and report are in \
      rounds/N/. What this report says of the student is of round \(String(last)), the last one that is finished; what \
      it says of the teacher, the scores and the selection is of the first. In percent; ≈ is an estimate.</p>
      <table>
      <thead><tr><th scope="col">Round</th><th scope="col">Teacher</th><th scope="col">Purity</th>\
      <th scope="col">Before fine-tuning</th><th scope="col">Student</th></tr></thead>
      <tbody>
      \(rows)
      </tbody>
      </table>
      </section>
      """
  }
}
