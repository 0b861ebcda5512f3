import Foundation
import Pages
import Recipes

/// `report.html`: one file that says what a run came to, readable without a network.
///
/// Nothing in it is fetched: the style and the charts are inline, the pictures are data URIs, and a
/// content security policy forbids everything else.
struct Report {
  private let data: ReportData

  /// The report of what was gathered.
  init(_ data: ReportData) { self.data = data }

  /// The page.
  var html: String {
    let sections: [HTML] = [
      ResultSection(data).html, CurvesSection(data).html, TagsSection(data).html,
      ClassesSection(data).html, SelectionSection(data).html, ImagesSection(data).html,
      MakingSection(data).html,
    ]
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
      style-src 'unsafe-inline'; script-src 'unsafe-inline'">
      <title>\(data.recipe.name): report</title>
      <style>\(ReportStyle.css)</style>
      <script>\(ReportStyle.script)</script>
      </head>
      <body>
      <main>
      \(sections)
      </main>
      </body>
      </html>

      """
    return page.text
  }
}
