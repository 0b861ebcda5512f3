import Foundation
import TestSupport
import Testing

/// A library of `Tests/Faults` that is preloaded into a process.
struct FaultLibrary {
  let folder: TemporaryFolder
  let path: String

  /// Compiles `Tests/Faults/NAME.c` with the C compiler that the build needs anyway.
  init(_ name: String) throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/\(name).so"
    let source = (#filePath as NSString).deletingLastPathComponent + "/../Faults/\(name).c"
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", path, source, "-ldl"]
    try compiler.run()
    compiler.waitUntilExit()
    try #require(compiler.terminationStatus == 0, "cc cannot compile \(source)")
  }
}

/// A library that makes one of a process's file operations fail.
struct FailingIO {
  private let library: FaultLibrary
  private var mark: String { library.folder.path + "/struck" }

  init() throws { library = try FaultLibrary("failing-io") }

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
    unlink(mark)
    return [
      "LD_PRELOAD": library.path, "FAIL_CALL": fault.call, "FAIL_AT": "\(fault.number)",
      "FAIL_ERRNO": fault.code, "FAIL_UNDER": path, "FAIL_STAYS": fault.stays ? "1" : "",
      "FAIL_MARK": mark,
    ].filter { !$0.value.isEmpty }
  }

  /// Whether it struck.
  var struck: Bool { FileManager.default.fileExists(atPath: mark) }
}

/// Whether faults are injected at every place (`make test-faults`) or at some.
let testsEveryFault = ProcessInfo.processInfo.environment["HALCYON_TEST_FAULTS"] == "all"
