import Foundation

/// A chart of lines, as inline SVG whose colours are the page's.
package struct LineChart {
  /// One line.
  package struct Series {
    /// What the line is, for those who cannot see it.
    package var name: String
    /// `first` or `second` of the page's styles.
    package var style: String
    /// Its points, by ascending x; a value that is not finite interrupts the line.
    package var points: [(x: Double, y: Double)]
    /// Whether each point is marked.
    package var isMarked = false

    /// Makes a line.
    package init(
      name: String, style: String, points: [(x: Double, y: Double)], isMarked: Bool = false
    ) {
      self.name = name
      self.style = style
      self.points = points
      self.isMarked = isMarked
    }
  }

  /// What it shows: the caption above it.
  package var title: String
  /// The horizontal axis.
  package var x: ChartAxis
  /// The vertical axis.
  package var y: ChartAxis
  /// The lines.
  package var series: [Series]

  /// Makes a chart of `series`.
  package init(title: String, x: ChartAxis, y: ChartAxis, series: [Series]) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
  }

  private static let width = 330.0, height = 196.0
  private static let left = 48.0, right = 14.0, top = 8.0, bottom = 42.0

  /// The chart and its caption.
  package var html: HTML {
    """
    <figure>
    <figcaption>\(title)</figcaption>
    <svg viewBox="0 0 \(Self.text(Self.width)) \(Self.text(Self.height))" role="img" \
    aria-label="\(description)">
    \(grid)
    \(series.map(line))
    </svg>
    </figure>
    """
  }

  private var description: String {
    let lines = series.compactMap { series -> String? in
      let finite = series.points.filter { $0.y.isFinite }
      guard let first = finite.first, let last = finite.last else { return nil }
      return "\(series.name) from \(y.format(first.y)) to \(y.format(last.y))"
    }
    return "\(title), by \(x.label): \(lines.joined(separator: "; "))"
  }

  private var grid: HTML {
    let base = Self.height - Self.bottom, end = Self.width - Self.right
    let horizontal = y.ticks.map { tick -> HTML in
      let at = Self.text(place(y: tick))
      return """
        <path class="grid" d="M\(Self.text(Self.left)) \(at)H\(Self.text(end))"/>\
        <text x="\(Self.text(Self.left - 6))" y="\(Self.text(place(y: tick) + 4))" \
        text-anchor="end">\(y.format(tick))</text>
        """
    }
    let vertical = x.ticks.map { tick -> HTML in
      let at = place(x: tick)
      return """
        <path class="grid" d="M\(Self.text(at)) \(Self.text(base))v4"/>\
        <text x="\(Self.text(at))" y="\(Self.text(base + 17))" text-anchor="middle">\
        \(x.format(tick))</text>
        """
    }
    return """
      \(horizontal)
      \(vertical)
      <text x="\(Self.text((Self.left + end) / 2))" y="\(Self.text(Self.height - 5))" \
      text-anchor="middle">\(x.label)</text>
      """
  }

  private func line(_ series: Series) -> HTML {
    var path = "", isDown = false
    var marks: [HTML] = []
    for point in series.points {
      guard point.x.isFinite, point.y.isFinite, y.contains(point.y), x.contains(point.x) else {
        isDown = false
        continue
      }
      let at = "\(Self.text(place(x: point.x))) \(Self.text(place(y: point.y)))"
      path += (isDown ? "L" : "M") + at
      isDown = true
      guard series.isMarked else { continue }
      marks.append(
        """
        <circle class="mark \(series.style)" cx="\(Self.text(place(x: point.x)))" \
        cy="\(Self.text(place(y: point.y)))" r="3"/>
        """)
    }
    // Many marks would hide the line that they stand on.
    let shown = marks.count > 30 ? [] : marks
    return "<path class=\"line \(series.style)\" d=\"\(path)\"/>\(shown)"
  }

  private func place(x value: Double) -> Double {
    Self.left + x.share(value) * (Self.width - Self.left - Self.right)
  }

  private func place(y value: Double) -> Double {
    Self.top + (1 - y.share(value)) * (Self.height - Self.top - Self.bottom)
  }

  private static func text(_ value: Double) -> String {
    let text = String(format: "%.1f", value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
