import Foundation
import Pages
import Ranking
import Testing
import Training

@testable import Pipeline

@Suite("Report")
struct ReportTests {
  /// Runs of every kind.
  static let states: [(String, ReportFixture)] = [
    ("complete", ReportFixture(rightRanks: 7)),
    ("no test pictures", ReportFixture(measuredOn: nil)),
    ("validation only", ReportFixture(measuredOn: .validation)),
    ("no baseline", ReportFixture(baseline: nil)),
    ("nothing done", ReportFixture(finished: [])),
    ("teacher only", ReportFixture(finished: [.teacher])),
    ("up to the selection", ReportFixture(finished: [.baseline, .teacher, .ranking])),
    ("two classes", ReportFixture(names: ["no", "yes"])),
    ("one class", ReportFixture(names: ["only"])),
    ("a loss", ReportFixture(student: 70)),
    ("truth unknown", ReportFixture(isTruthKnown: false)),
    ("sixty classes", ReportFixture(names: (0..<60).map { "class \($0)" })),
    ("K of one", ReportFixture(imagesPerClass: 1)),
    ("a teacher from tags", ReportFixture(tags: Self.tags)),
    ("tags not learned yet", ReportFixture(finished: [.baseline], tags: Self.tags)),
    ("certain scores", ReportFixture(score: { $0 == 1 ? .infinity : 90 })),
  ]

  /// Tag t on 60 / t pictures.
  static let tags = (0..<60).map { index in (1...9).filter { index < 60 / $0 }.map { "tag\($0)" } }

  private func page(_ fixture: ReportFixture) throws -> String {
    Report(try fixture.data()).html
  }

  @Test("every state of a run gives a whole page of its own", arguments: 0..<16)
  func whole(index: Int) throws {
    let (name, fixture) = try #require(Self.states.dropFirst(index).first)
    let html = try page(fixture)
    let check = PageCheck(html)
    #expect(check.misnested == nil, "\(name)")
    #expect(check.externalAddresses.isEmpty, "\(name)")
    #expect(check.notNumbers.isEmpty, "\(name)")
    #expect(html.contains("<h1>birds</h1>"))
    let recipe = try fixture.data().recipe
    for stage in Stage.allCases where stage.facts.training != nil {
      #expect(html.contains(stage.facts.result) == recipe.includes(stage), "\(stage)")
    }
    #expect(html.contains("id=\"selection\"") == fixture.finished.contains(.ranking))
    #expect(
      html.contains("id=\"tags\"")
        == (fixture.tags != nil && fixture.finished.contains(.pretraining)))
    #expect(html.contains("id=\"curves\"") == !fixture.finished.isEmpty)
    #expect(html.contains("not finished; still to come") == (fixture.finished.count < 6))
  }

  @Test("the checks above can fail")
  func checksCanFail() {
    #expect(PageCheck("<p><b>a</p></b>").misnested == "</p>")
    #expect(PageCheck("<p>a").misnested == "p")
    #expect(PageCheck("<p>a<br></p><svg><path d=\"\"/></svg>").misnested == nil)
    #expect(PageCheck("<img src=\"a.png\">").externalAddresses == ["a.png"])
    #expect(
      PageCheck("<style>@import 'a'; b { background: url(c) }</style>").externalAddresses.count == 2
    )
    #expect(PageCheck("<td>nan</td>").notNumbers.count == 1)
  }

  @Test("names that look like markup are shown as they are")
  func escaping() throws {
    let hostile = "<script>alert(\"x\")</script> & 'y'"
    let html = try page(ReportFixture(names: [hostile, "b", "c", "d", "e"], name: hostile))
    #expect(PageCheck(html).misnested == nil)
    // One script: the page's own.
    #expect(html.ranges(of: "<script").count == 1)
    let escaped = "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;"
    #expect(html.contains("<h1>\(escaped)</h1>"))
    #expect(html.contains("alt=\"\(escaped), rank 1, right\""))
    #expect(!html.contains("alert(\"x\")"))
  }

  @Test("interpolating text escapes it, interpolating markup does not")
  func markup() {
    let text = "a<b>&\"'\u{1}"
    let inner: HTML = "<i>\(text)</i>"
    let outer: HTML = "<p title=\"\(text)\">\(inner)\(3)</p>"
    #expect(HTML.prose("`a<` or b`").text == "`a&lt;` or b`")
    #expect(HTML.prose("run `a<` now").text == "run <code>a&lt;</code> now")
    #expect(inner.text == "<i>a&lt;b&gt;&amp;&quot;&#39;\u{FFFD}</i>")
    #expect(outer.text == "<p title=\"a&lt;b&gt;&amp;&quot;&#39;\u{FFFD}\">\(inner.text)3</p>")
  }

  @Test("pictures have alternative text, tables have headers, charts have descriptions")
  func accessibility() throws {
    let html = try page(ReportFixture())
    let pictures = html.matches(of: /<img [^>]*>/)
    #expect(!pictures.isEmpty)
    #expect(pictures.allSatisfy { $0.0.contains(/alt="[^"]+"/) })
    for table in html.matches(of: /<table[\s\S]*?<\/table>/) {
      #expect(table.0.contains("<caption>"))
      #expect(table.0.contains("scope=\"col\""))
      #expect(table.0.contains("scope=\"row\""))
    }
    #expect(
      html.matches(of: /<svg(?![^>]*(aria-label=|aria-hidden=|overflow:visible))/).isEmpty)
    let levels = html.matches(of: /<h([1-6])/).compactMap { Int($0.1) }
    #expect(levels.first == 1)
    #expect(zip(levels, levels.dropFirst()).allSatisfy { $1 <= $0 + 1 })
  }

  @Test("a class that did not fill K is marked, a full one is not")
  func short() throws {
    var data = try ReportFixture().data()
    #expect(!SelectionSection(data).html.text.contains("▼"))
    data.selection?.statistics.classes[2].count = 3
    let html = SelectionSection(data).html.text
    #expect(html.contains("1 class has fewer than K = 8, marked ▼"))
    #expect(html.contains("▼ 3<"))
    #expect(html.ranges(of: "▼ ").count == 1)
  }

  @Test("how many carry a tag of their class is a column by rank, where tags are known")
  func tags() throws {
    let data = try ReportFixture().data()
    let selected = try #require(data.selection)
    let buckets = selected.statistics.rankBuckets
    let ranks = buckets.enumerated().map { place, bucket in
      Inspection.Ranks(
        from: bucket.ranks.lowerBound, to: bucket.ranks.upperBound, labels: bucket.count,
        probability: nil, purity: nil, tagAgreement: 0.75 - 0.125 * Double(place))
    }
    let html = RankCharts(selected, classes: 6, ranks).html.text
    #expect(html.contains("<th scope=\"col\">tagged so, %</th></tr>"))
    for share in ["75.0", "62.5", "50.0"] { #expect(html.contains("<td>\(share)</td></tr>")) }
    let rows = html.matches(of: /<tr>[\s\S]*?<\/tr>/).map { $0.0.ranges(of: /<t[hd]/).count }
    #expect(Set(rows).count == 1, "\(rows)")
    #expect(!RankCharts(selected, classes: 6, []).html.text.contains("agged so"))
  }

  @Test("the tags: what is a class, what is left out and what is passed over, with Zipf's law")
  func tagSection() throws {
    // 60 / t for t = 1…9 are 60, 30, 20, 15, 12, 10, 8, 7 and 6; one picture has "rare" alone, one none.
    let html = try page(ReportFixture(tags: Self.tags + [["rare"], []]))
    #expect(html.contains("9 classes from the tags of 59 pictures (data.tagged, 62 in all)"))
    #expect(html.contains("1 picture without a tag, 1 with none that is a class"))
    #expect(html.contains("1 that D or the test pictures hold (0-pretrained/excluded.csv)"))
    #expect(html.contains("2 cannot be read"))
    #expect(html.contains("10 tags, from 60 pictures to 1</li>"))
    #expect(html.contains("1 tag is no class; the most frequent: rare (1)"))
    #expect(html.contains("<th scope=\"row\" class=\"text\">tag1</th>"))
  }

  @Test("of many classes the most changed are shown, and all of them folded away")
  func manyClasses() throws {
    let names = (0..<60).map { "class \($0)" }
    var data = try ReportFixture(names: names).data()
    let place = try #require(data.trainings.firstIndex { $0.stage == .fineTuning })
    // Class 0 gains most, class 59 least; all have 166 pictures.
    for index in names.indices {
      data.trainings[place].evaluation?.perClass[index].correct = 160 - index
    }
    let html = ClassesSection(data).html.text
    let tables = html.matches(of: /<table[\s\S]*?<\/table>/).map { String($0.0) }
    #expect(tables.count == 3)
    func rows(_ table: String) -> [String] {
      table.matches(of: /<tr><th scope="row" class="text">([^<]*)</).map { String($0.1) }
    }
    #expect(rows(tables[0]) == Array(names.prefix(25)))
    #expect(rows(tables[1]) == Array(names.suffix(25).reversed()))
    #expect(rows(tables[2]) == names)
    #expect(html.contains("<details>"))
  }
}
