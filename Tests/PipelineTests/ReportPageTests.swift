import Foundation
import TestSupport
import Testing

@testable import Pipeline

/// Whether there is a browser that scripts/check-report could use.
private let hasBrowser =
  (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/chromium")
  }

@Suite("Report in a browser", .enabled(if: hasBrowser))
struct ReportPageTests {
  private let folder: TemporaryFolder
  private let html: String

  init() throws {
    folder = try TemporaryFolder()
    html = Report(try ReportFixture(names: ["<a>", "b & c", "d"]).data()).html
  }

  /// What scripts/check-report says about a page, and its exit code.
  private func check(_ html: String) throws -> (code: Int32, errors: String) {
    try folder.write(html, to: "report.html")
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let process = Process()
    process.executableURL = root.appendingPathComponent("scripts/check-report")
    process.arguments = [folder.path + "/report.html"]
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let said = errors.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: said, as: UTF8.self))
  }

  @Test("a report loads without an error, and every picture decodes")
  func whole() throws {
    let (code, errors) = try check(html)
    #expect(code == 0, "\(errors)")
  }

  @Test("a broken picture is found")
  func picture() throws {
    let start = try #require(html.range(of: "base64,")).upperBound
    let broken = html[..<start] + "AAAA" + html[start...].dropFirst(4)
    let (code, errors) = try check(String(broken))
    #expect(code == 1)
    #expect(errors.contains("pictures do not decode"))
  }

  @Test("an error in a script is found")
  func script() throws {
    let (code, errors) = try check(
      html.replacing("</main>", with: "<script>nothing.here()</script></main>"))
    #expect(code == 1)
    #expect(errors.contains("1 script errors"))
  }

  @Test("a request to the outside is found")
  func request() throws {
    let (code, errors) = try check(
      html.replacing("</main>", with: "<script>fetch('https://example.org/')</script></main>"))
    #expect(code == 1)
    #expect(errors.contains("1 requests to the outside"))
  }

  @Test("a page whose own count is broken is no report")
  func counter() throws {
    let (code, errors) = try check(html.replacing("var found", with: "var found = ="))
    #expect(code == 1)
    #expect(errors.contains("did not count"))
  }
}
