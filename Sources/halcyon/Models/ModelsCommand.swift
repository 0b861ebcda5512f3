import ArgumentParser
import Files
import Models
import Pipeline

/// `halcyon models`: the networks there are.
struct ModelsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "models", abstract: "List the networks, their parameters and their work.")

  @Flag(help: "Print JSON: [{\"name\", \"parameters\", \"gmac\"}].")
  var json = false

  @Option(
    parsing: .unconditional,
    help: "The side of the picture that GMAC are counted for, in pixels.")
  var size = 224

  struct Row: Encodable {
    let name: String
    let parameters: Int
    let gmac: Double
  }

  func validate() throws {
    guard size > 0 else { throw ValidationError("--size must be at least 1") }
  }

  func run() throws {
    let rows = try ModelCatalog.names.map { name in
      let cost = try ModelCatalog.cost(NetworkOptions(model: name), size: size)
      return Row(name: name, parameters: cost.parameters, gmac: cost.gmac)
    }
    if json { return try printJSON(rows) }
    let cells = rows.map {
      [$0.name, Format.count($0.parameters), Format.fixed($0.gmac, 2)]
    }
    let lines = table([["model", "parameters", "GMAC at \(size)"]] + cells, rightAligned: [1, 2])
    try lines.forEach(printLine)
  }
}
