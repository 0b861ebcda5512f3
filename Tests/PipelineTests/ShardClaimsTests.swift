import Files
import Foundation
import Pipeline
import Testing

@Suite("ShardClaims")
struct ShardClaimsTests {
  private let folder = NSTemporaryDirectory() + "halcyon-claims-\(UUID().uuidString)"

  /// Sets back when the lease of `shard` was touched last.
  private func age(_ shard: String, seconds: Double) throws {
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSinceNow: -seconds)],
      ofItemAtPath: "\(folder)/\(shard).claim")
  }

  @Test("a shard is one worker's until it gives the lease back")
  func exclusive() throws {
    let (a, b) = (
      ShardClaims(folder: folder, patience: 60), ShardClaims(folder: folder, patience: 60)
    )
    var lease = try a.lease(of: "00000")
    #expect(lease != nil)
    #expect(try b.lease(of: "00000") == nil)
    #expect(try b.lease(of: "00001") != nil)
    lease = nil
    #expect(try b.lease(of: "00000") != nil)
  }

  @Test("the lease of a worker that died is taken over, and its return changes nothing")
  func takenOver() throws {
    let (a, b) = (
      ShardClaims(folder: folder, patience: 60), ShardClaims(folder: folder, patience: 60)
    )
    var dead = try a.lease(of: "00000")
    try age("00000", seconds: 120)
    let heir = try b.lease(of: "00000")
    #expect(heir != nil)
    #expect(dead != nil)
    dead = nil  // it was not dead after all: what it gives back is no longer its own
    #expect(try a.lease(of: "00000") == nil)
    withExtendedLifetime(heir) {}
  }

  @Test("of many workers that find a dead one's lease, one takes it over")
  func oneHeir() throws {
    var dead = try ShardClaims(folder: folder, patience: 60).lease(of: "00000")
    try age("00000", seconds: 120)
    let workers = (0..<8).map { _ in ShardClaims(folder: folder, patience: 60) }
    let leases = try workers.compactMap { try $0.lease(of: "00000") }
    #expect(leases.count == 1)
    dead = nil
    _ = dead
  }

  @Test("a folder that cannot be written is an error that names it")
  func unwritable() throws {
    let error = #expect(throws: FileError.self) {
      try ShardClaims(folder: "/proc/claims", patience: 1).lease(of: "00000")
    }
    #expect(error?.path == "/proc/claims")
  }
}
