import Foundation
import Testing

/// The help as users read it, kept in Tests/CommandTests/Help: a change of an option shows in its diff.
@Suite("Help")
struct HelpTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Help").path

  private static var names: [String] {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".txt") }.map { String($0.dropLast(4)) }.sorted()
  }

  @Test(
    "every subcommand's help is its snapshot, which scripts/write-help writes", arguments: names)
  func snapshot(_ name: String) throws {
    let arguments = name == "halcyon" ? ["--help"] : ["help", name]
    let help = try Command.run(arguments, environment: ["COLUMNS": "80"])
    #expect(help.code == 0)
    let snapshot = try String(contentsOfFile: "\(Self.folder)/\(name).txt", encoding: .utf8)
    #expect(help.output == snapshot, "scripts/write-help writes the snapshots anew")
  }

  @Test("no subcommand is without a snapshot")
  func everySubcommand() throws {
    let overview = try Command.run(["--help"], environment: ["COLUMNS": "80"]).output
    // Two spaces, a name in small letters, and its abstract.
    let listed = overview.split(separator: "\n").compactMap { line in
      line.firstMatch(of: #/^  ([a-z][a-z-]+)  /#).map { String($0.1) }
    }
    #expect(listed.count > 10)
    #expect(Set(listed).isSubset(of: Self.names), "\(Set(listed).subtracting(Self.names))")
  }
}
