import Foundation
import TestSupport
import Testing

/// A library that is preloaded into a process and makes one of its file operations fail.
struct FailingIO {
  private let folder: TemporaryFolder
  private let library: String

  /// Compiles `Tests/Faults/failing-io.c` with the C compiler that the build needs anyway.
  init() throws {
    folder = try TemporaryFolder()
    library = folder.path + "/failing-io.so"
    let source = (#filePath as NSString).deletingLastPathComponent + "/../Faults/failing-io.c"
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "cc cannot compile \(source)")
  }

  /// One operation that fails.
  struct Fault: CustomStringConvertible {
    /// write, fsync, rename or open.
    let call: String
    /// Which of these calls, from 1.
    let number: Int
    /// ENOSPC, EIO or EROFS.
    let code: String
    /// Whether all later ones fail, too.
    var stays = false

    var description: String { "\(call) \(number) \(code)\(stays ? " for good" : "")" }
  }

  /// The environment in which `fault` strikes below the folder `path`.
  func environment(_ fault: Fault, under path: String) -> [String: String] {
    unlink(folder.path + "/struck")
    return [
      "LD_PRELOAD": library, "FAIL_CALL": fault.call, "FAIL_AT": "\(fault.number)",
      "FAIL_ERRNO": fault.code, "FAIL_UNDER": path, "FAIL_STAYS": fault.stays ? "1" : "",
      "FAIL_MARK": folder.path + "/struck",
    ].filter { !$0.value.isEmpty }
  }

  /// Whether it struck.
  var struck: Bool { FileManager.default.fileExists(atPath: folder.path + "/struck") }
}

/// Whether faults are injected at every place (`make test-faults`) or at some.
let testsEveryFault = ProcessInfo.processInfo.environment["HALCYON_TEST_FAULTS"] == "all"
