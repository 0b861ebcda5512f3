import Files
import Pages

/// What the teacher learned before D: the tags of W, their frequencies, and the classes that they are.
struct TagsSection {
  private let data: ReportData

  init(_ data: ReportData) { self.data = data }

  var html: HTML {
    guard let tags = data.tags else { return .none }
    return """
      <section class="long" aria-labelledby="tags">
      <h2 id="tags">The tags</h2>
      <p>\(summary(tags))</p>
      <p>\(passedOver(tags))</p>
      <h3>Frequencies</h3>
      \(zipf(tags))
      <h3>Classes</h3>
      \(classes(tags))
      \(leftOut(tags))
      </section>
      """
  }

  private func summary(_ tags: TagStatistics) -> String {
    let learned = tags.known - tags.copies
    let several = tags.imagesByClassCount.enumerated().filter { $1 > 0 }.map { place, images in
      "\(Format.count(images)) with \(Format.count(place + 1))"
    }
    return
      "Before D the teacher learned \(Format.counted(tags.classes, "class", "classes")) from the "
      + "tags of \(Format.counted(learned, "picture", "pictures")) (data.tagged, "
      + "\(Format.count(tags.images)) in all). By the number of their classes they are "
      + several.prefix(6).joined(separator: ", ") + (several.count > 6 ? ", …" : "")
      + "; each of m classes had a target of 1/m."
  }

  private func passedOver(_ tags: TagStatistics) -> String {
    var parts = [
      "\(Format.counted(tags.images - tags.tagged, "picture", "pictures")) without a tag",
      "\(Format.count(tags.tagged - tags.known)) with none that is a class",
    ]
    if tags.copies > 0 {
      parts.append(
        "\(Format.count(tags.copies)) that D or the test pictures hold "
          + "(\(Stage.pretraining.folder)/excluded.csv)")
    }
    return "Passed over: \(parts.joined(separator: ", "))."
      + (tags.unreadable > 0 ? " \(Format.count(tags.unreadable)) cannot be read." : "")
  }

  private func zipf(_ tags: TagStatistics) -> HTML {
    guard let first = tags.curve.first, let last = tags.curve.last, last.images > 0 else {
      return .none
    }
    let points = tags.curve.map { (x: Double($0.rank), y: Double($0.images)) }
    var series = [
      LineChart.Series(name: "pictures with the tag", style: "first", points: points)
    ]
    if let fit = tags.fit {
      series.append(
        .init(
          name: "Zipf's law", style: "second",
          points: [first.rank, last.rank].map { (x: Double($0), y: fit.images(atRank: $0)) }))
    }
    let chart = LineChart(
      title: "Pictures with a tag, by the tag's rank (both logarithmic)",
      x: .logarithmic("rank of the tag", 1...Double(max(2, last.rank)), isExact: true),
      y: .logarithmic(
        "", Double(last.images)...Double(max(first.images, last.images + 1))), series: series)
    let law: HTML =
      tags.fit.map { fit -> HTML in
        """
        <li><svg aria-hidden="true"><path class="line second" d="M0 7h30"/></svg>Zipf's law with the \
        exponent \(Format.fixed(fit.exponent, 2)), fitted at ranks in equal ratios</li>
        """
      } ?? .none
    return """
      <ul class="legend"><li><svg aria-hidden="true"><path class="line first" d="M0 7h30"/></svg>\
      \(Format.counted(tags.tags, "tag", "tags")), from \(Format.count(first.images)) pictures to \
      \(Format.count(last.images))</li>\(law)</ul>
      <div class="charts one">
      \(chart.html)
      </div>
      """
  }

  private func classes(_ tags: TagStatistics) -> HTML {
    func row(_ count: TagStatistics.Count) -> HTML {
      let of = (tags.mapped[count.name] ?? []).map { "\($0.name) (\(Format.count($0.images)))" }
      return """
        <tr><th scope="row" class="text">\(count.name)</th>\
        <td data-label="pictures">\(Format.count(count.images))</td>\
        <td class="text" data-label="tags">\(of.isEmpty ? "–" : of.joined(separator: ", "))</td></tr>
        """
    }
    let hidden = tags.classes - tags.frequentClasses.count - tags.rareClasses.count
    let between: HTML =
      hidden > 0
      ? """
      <tr><th scope="row" class="text">… \(Format.counted(hidden, "class", "classes")) between</th>\
      <td data-label="pictures">–</td><td class="text" data-label="tags">–</td></tr>
      """ : .none
    let missing: HTML =
      tags.missingClasses.isEmpty
      ? .none
      : "<p>Too few pictures carry \(Format.few(tags.missingClasses)), which are left out.</p>"
    return """
      <table>
      <caption>The classes with most pictures first, and the most frequent tags of each; \
      \(Stage.pretraining.folder)/tags.csv has all.</caption>
      <thead><tr><th scope="col" class="text">Class</th><th scope="col">pictures</th>\
      <th scope="col" class="text">tags</th></tr></thead>
      <tbody>
      \(tags.frequentClasses.map(row))
      \(between)
      \(tags.rareClasses.map(row))
      </tbody>
      </table>
      \(missing)
      """
  }

  private func leftOut(_ tags: TagStatistics) -> HTML {
    guard tags.leftOut > 0 else { return "<p>Every tag is a class.</p>" }
    let first = tags.frequentLeftOut.map { "\($0.name) (\(Format.count($0.images)))" }
    return """
      <p>\(Format.counted(tags.leftOut, "tag is", "tags are")) no class; the most frequent: \
      \(first.joined(separator: ", ")).</p>
      """
  }
}
