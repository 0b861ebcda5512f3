import Files
import Pages

/// The rounds of a run that has several: what each teacher's ranking was worth.
struct RoundsSection {
  private let rounds: [Summary.Round]

  init(_ data: ReportData) { rounds = data.summary.rounds }

  var html: HTML {
    guard rounds.count > 1 else { return .none }
    let rows = rounds.map { round -> HTML in
      let figures = [
        round.teacher, round.selectionPurity, round.pretrained, round.student,
      ].map { $0.map { Format.fixed($0, 2) } ?? "-" }
      let cells = figures.map { figure -> HTML in "<td>\(figure)</td>" }
      return "<tr><th scope=\"row\">\(String(round.round))</th>\(cells)</tr>"
    }
    return """
      <section aria-labelledby="rounds">
      <h2 id="rounds">Rounds</h2>
      <p>The student of each round is the teacher of the next one, whose scores, selection, models and report are in \
      rounds/N/. All else in this report is of the first round. In percent.</p>
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
