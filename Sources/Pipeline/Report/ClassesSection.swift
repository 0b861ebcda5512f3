import Files
import Pages

/// Per-class accuracy before and after: a dumbbell a class.
struct ClassesSection {
  private let data: ReportData
  /// Up to so many classes are all shown, in the order of their gain.
  private static let few = 50
  /// Of more, so many that gained and so many that lost the most.
  private static let extremes = 25

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    let changes = ClassChange.all(data)
    guard !changes.isEmpty else { return .none }
    let compared = changes.filter { $0.change != nil }
      .sorted { ($1.change ?? 0, $0.class) < ($0.change ?? 0, $1.class) }
    let parts: HTML
    if compared.isEmpty {
      parts = table(changes, caption: "Every class, in the order of the labels.", few: true)
    } else if changes.count <= Self.few {
      let others = changes.filter { $0.change == nil }
      parts = table(
        compared + others, caption: "Every class, the one that gained most first.", few: true)
    } else {
      parts = """
        \(table(Array(compared.prefix(Self.extremes)), caption: "The \(Self.extremes) classes that gained most."))
        \(table(compared.suffix(Self.extremes).reversed(), caption: "The \(Self.extremes) classes that lost most, or gained least."))
        <details><summary>All \(Format.count(changes.count)) classes</summary>
        \(table(changes, caption: "Every class, in the order of the labels.", chart: false))
        </details>
        """
    }
    return """
      <section class="long" aria-labelledby="classes">
      <h2 id="classes">Accuracy per class, before and after</h2>
      <p>\(summary(compared))</p>
      \(legend)
      \(parts)
      </section>
      """
  }

  private func summary(_ compared: [ClassChange]) -> String {
    guard !compared.isEmpty else {
      return "Top-1 of the networks that are finished; there is nothing to compare them with yet."
    }
    let part = data.summary.measuredPart.map { ", on \($0)" } ?? ""
    let absent = data.summary.absentLine.map { " There is \($0)." } ?? ""
    let gained = compared.count { ($0.change ?? 0) > 0 }
    let lost = compared.count { ($0.change ?? 0) < 0 }
    return "Top-1 of the supervised baseline and of the student\(part). Of "
      + "\(Format.counted(compared.count, "class", "classes")) \(Format.count(gained)) gained, "
      + "\(Format.count(lost)) lost, \(Format.count(compared.count - gained - lost)) stayed.\(absent)"
  }

  private var legend: HTML {
    """
    <ul class="legend">
    <li><svg aria-hidden="true"><circle class="before" cx="15" cy="7" r="4.5"/></svg>baseline</li>
    <li><svg aria-hidden="true"><path class="gain" d="M2 7h26"/>\
    <circle class="after" cx="26" cy="7" r="5.5"/></svg>student, gained</li>
    <li><svg aria-hidden="true"><path class="loss" d="M2 7h26"/>\
    <circle class="after" cx="4" cy="7" r="5.5"/></svg>student, lost</li>
    <li><svg aria-hidden="true"><path class="teacher" d="M15 2l5 5-5 5-5-5z"/></svg>teacher</li>
    </ul>
    """
  }

  private func table(
    _ changes: [ClassChange], caption: String, few: Bool = false, chart: Bool = true
  ) -> HTML {
    let values = changes.flatMap { [$0.before, $0.after, $0.teacher].compactMap { $0 } }
    let scale = PercentScale(lowest: values.min() ?? 0)
    let head: HTML =
      chart ? "<th scope=\"col\" class=\"track\">top-1 %\(scale.ticks)</th>" : .none
    return """
      <table class="tracks">
      <caption>\(caption)\(chart ? " The scale runs from \(Format.fixed(scale.low, 0)) to 100 %." : "")\
      </caption>
      <thead><tr><th scope="col" class="text">Class</th>\(head)<th scope="col">baseline</th>\
      <th scope="col">student</th><th scope="col">change</th><th scope="col">teacher</th></tr></thead>
      <tbody>
      \(changes.map { row($0, chart ? scale : nil) })
      </tbody>
      </table>
      """
  }

  private func row(_ change: ClassChange, _ scale: PercentScale?) -> HTML {
    func cell(_ label: HTML, _ value: Double?) -> HTML {
      "<td data-label=\"\(label)\">\(value.map { Format.fixed($0, 1) } ?? "–")</td>"
    }
    let points = change.change.map { Self.signed($0) } ?? "–"
    return """
      <tr><th scope="row" class="text">\(change.name)</th>\(scale.map { dumbbell(change, $0) })\
      \(cell("baseline", change.before))\(cell("student", change.after))\
      <td data-label="change">\(points)</td>\(cell("teacher", change.teacher))</tr>
      """
  }

  private func dumbbell(_ change: ClassChange, _ scale: PercentScale) -> HTML {
    var marks: [HTML] = []
    if let before = change.before, let after = change.after {
      let style: HTML = after < before ? "loss" : "gain"
      marks.append(
        """
        <line class="\(style)" x1="\(scale.place(before))" x2="\(scale.place(after))" y1="14" y2="14"/>
        """)
    }
    if let teacher = change.teacher {
      marks.append(
        """
        <svg x="\(scale.place(teacher))" y="14" style="overflow:visible;width:1px;height:1px">\
        <path class="teacher" d="M0-5l5 5-5 5-5-5z"/></svg>
        """)
    }
    if let before = change.before {
      marks.append("<circle class=\"before\" cx=\"\(scale.place(before))\" cy=\"14\" r=\"4.5\"/>")
    }
    if let after = change.after {
      marks.append("<circle class=\"after\" cx=\"\(scale.place(after))\" cy=\"14\" r=\"5.5\"/>")
    }
    // The numbers stand beside it for those who cannot see it.
    return """
      <td class="track"><svg aria-hidden="true">\(scale.grid)\(marks)</svg></td>
      """
  }

  static func signed(_ points: Double, digits: Int = 1) -> String {
    let text = Format.fixed(abs(points), digits)
    return Double(text) == 0 ? text : (points < 0 ? "−" : "+") + text
  }
}

/// A horizontal scale of percentages that ends at 100.
struct PercentScale {
  /// Its left end.
  let low: Double
  private let step: Double

  /// A scale that begins at a round number at or below `lowest`.
  init(lowest: Double) {
    step = lowest >= 80 ? 5 : lowest >= 50 ? 10 : 20
    low = max(0, min(80, ((lowest - 0.5) / step).rounded(.down) * step))
  }

  /// The labelled values.
  var values: [Double] { Array(stride(from: low, through: 100, by: step)) }

  /// Where a value is, as a part of the width.
  func place(_ value: Double) -> String {
    Format.fixed(100 * (min(max(value, low), 100) - low) / (100 - low), 2) + "%"
  }

  /// The labels above the column.
  var ticks: HTML {
    let labels = values.map { value -> HTML in
      "<span style=\"left:\(place(value))\">\(Format.fixed(value, 0))</span>"
    }
    return "<span class=\"scale\" aria-hidden=\"true\">\(labels)</span>"
  }

  /// The lines behind a row.
  var grid: HTML {
    let lines = values.map { value -> HTML in
      "<line class=\"grid\" x1=\"\(place(value))\" x2=\"\(place(value))\" y1=\"0\" y2=\"28\"/>"
    }
    return "\(lines)"
  }
}
