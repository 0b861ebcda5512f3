import Pages
import Training

/// The learning curves of every training.
struct CurvesSection {
  private let data: ReportData

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    let trainings = data.trainings.filter { !$0.rows.isEmpty }
    guard !trainings.isEmpty else { return .none }
    // One scale for all trainings, so that their curves can be compared.
    let losses = trainings.flatMap { $0.rows.map(\.loss) }.filter(\.isFinite)
    let loss = ChartAxis.linear("", min(0, losses.min() ?? 0)...(losses.max() ?? 1))
    let accuracy = ChartAxis.linear("", 0...100, ticks: 5)
    let hasValidation = trainings.contains { $0.rows.contains { $0.validationTop1 != nil } }
    let unread = data.summary.unreadableImages.first { $0.set == "validation" }
    let part = unread.map { ", on the \($0.of - $0.count) of \($0.of) that can be read" } ?? ""
    let validation: HTML =
      hasValidation
      ? """
      <li><svg aria-hidden="true"><path class="line second" d="M0 7h30"/>\
      <circle class="mark second" cx="15" cy="7" r="3"/></svg>validation pictures\(part)</li>
      """ : .none
    return """
      <section class="long" aria-labelledby="curves">
      <h2 id="curves">Learning curves</h2>
      <p>Each point is the mean since the point before. The scales of loss and top-1 are the same for \
      every training. Training pictures are augmented, and in the student's pre-training their labels \
      are the teacher's\(data.tags == nil ? "" : ", in the teacher's they are tags").</p>
      <ul class="legend"><li><svg aria-hidden="true"><path class="line first" d="M0 7h30"/></svg>\
      training pictures</li>\(validation)</ul>
      \(trainings.map { charts($0, loss: loss, accuracy: accuracy) })
      </section>
      """
  }

  private func charts(
    _ training: ReportData.Training, loss: ChartAxis, accuracy: ChartAxis
  ) -> HTML {
    let rows = training.rows
    let images = ChartAxis.linear(
      "images seen", 0...Double(rows.last?.images ?? 1), isExact: true)
    func points(_ value: (MetricsTable.Row) -> Double?) -> [(x: Double, y: Double)] {
      rows.compactMap { row in value(row).map { (Double(row.images), $0) } }
    }
    let rates = points { $0.learningRate > 0 ? $0.learningRate : nil }
    let rate = rates.map(\.y)
    let charts = [
      LineChart(
        title: "Loss", x: images, y: loss,
        series: [.init(name: "training loss", style: "first", points: points { $0.loss })]),
      LineChart(
        title: "Top-1 (%)", x: images, y: accuracy,
        series: [
          .init(name: "training pictures", style: "first", points: points { $0.top1 }),
          .init(
            name: "validation pictures", style: "second", points: points { $0.validationTop1 },
            isMarked: true),
        ]),
      LineChart(
        title: "Learning rate (log scale)", x: images,
        y: .logarithmic("", (rate.min() ?? 0.1)...(rate.max() ?? 1)),
        series: [.init(name: "learning rate", style: "first", points: rates)]),
    ]
    let state = training.marker == nil ? ", not finished" : ""
    return """
      <h3>\(training.stage.facts.result): \(training.model)\(state)</h3>
      <div class="charts">
      \(charts.map(\.html))
      </div>
      """
  }
}
