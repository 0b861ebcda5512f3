import Foundation
import TestSupport
import Testing

@Suite("Shards on a web server")
struct ServedShardTests {
  let tiny: TinyRun
  var folder: TemporaryFolder { tiny.folder }

  init() throws {
    tiny = try TinyRun()
    try tiny.writeTaggedShards(0..<1)
  }

  private func server() throws -> ImageServer {
    let shard = URL(fileURLWithPath: "\(folder.path)/plain/00.tar")
    return try ImageServer(Array(try Data(contentsOf: shard)))
  }

  @Test("SIGTERM while a server gives nothing: exit 75 at once, and nothing is lost")
  func stalled() throws {
    let server = try server()
    try tiny.writeRecipe("served", unlabelled: "http://127.0.0.1:\(server.port)/00.tar")
    func arguments(_ verb: String) -> [String] {
      [verb, "\(folder.path)/served.yaml", "--out", tiny.directory("a")]
    }
    #expect(try Command.run(arguments("train-teacher")).code == 0)
    let asked = server.requests.count
    server.stallNext(after: 3000)
    let command = try Command(arguments("score"))
    try #require(command.wait { server.requests.count > asked })
    command.send(SIGTERM)
    let outcome = try command.wait()
    #expect(outcome.code == 75, "\(outcome.errors)")
    let again = try Command.run(arguments("score"))
    #expect(again.code == 0, "\(again.errors)")
    #expect(tiny.has("a", "2-ranking/scores/00.json"))
  }

  @Test("an address is asked of the proxy that the environment names")
  func proxy() throws {
    let server = try server()
    let outcome = try Command.run(
      "index", "http://pictures.invalid/00.tar", "--out", "i", "--json",
      environment: [
        "http_proxy": "http://127.0.0.1:\(server.port)", "no_proxy": "", "NO_PROXY": "",
      ],
      folder: folder.path)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(server.requests == [0])
  }

  @Test("a server whose certificates nobody vouches for is refused with libcurl's reason")
  func certificates() throws {
    let server = try server()
    // What is no list of certificates vouches for nobody; it is read before the server is asked.
    try folder.write("none", to: "none.pem")
    let outcome = try Command.run(
      "index", "https://127.0.0.1:\(server.port)/00.tar", "--out", "i",
      environment: ["CURL_CA_BUNDLE": "none.pem"], folder: folder.path)
    #expect(outcome.code != 0)
    #expect(outcome.errors.contains("none.pem"), "\(outcome.errors)")
  }
}
