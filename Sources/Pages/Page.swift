/// A page in one file, readable without a network: the style and the charts are inline, pictures are data URIs, and a
/// content security policy forbids everything else.
package enum Page {
  /// The page of these `sections`.
  package static func html(title: String, _ sections: [HTML]) -> String {
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; \
      style-src 'unsafe-inline'; script-src 'unsafe-inline'">
      <title>\(title)</title>
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
