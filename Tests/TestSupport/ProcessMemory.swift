import Foundation
import Testing

/// What the system says about this process's memory.
package enum ProcessMemory {
  /// The resident memory in bytes.
  package static func resident() throws -> Int { try field("VmRSS") }

  /// The address space in bytes.
  package static func addressSpace() throws -> Int { try field("VmSize") }

  /// How much the resident memory rose above its present size, at most, while `body` ran.
  package static func peakGrowth(_ body: () throws -> Void) throws -> Int {
    try Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))  // forgets the peak
    let before = try field("VmRSS")
    try body()
    return try field("VmHWM") - before
  }

  private static func field(_ name: String) throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") })
    return try #require(Int(line.split { $0 == " " || $0 == "\t" }[1])) * 1024
  }
}

/// What `withLimit` can limit, by its number in sys/resource.h.
package enum Limit: Int32 {
  case descriptors = 7
  case addressSpace = 9
}

/// Runs `body` while this process may have no more than `most` of a resource.
package func withLimit<Result>(
  _ resource: Limit, _ most: Int, _ body: () throws -> Result
) rethrows -> Result {
  var old = rlimit()
  #expect(getrlimit(resource.rawValue, &old) == 0)
  var new = old
  new.rlim_cur = rlim_t(most)
  #expect(setrlimit(resource.rawValue, &new) == 0)
  defer { setrlimit(resource.rawValue, &old) }
  return try body()
}
