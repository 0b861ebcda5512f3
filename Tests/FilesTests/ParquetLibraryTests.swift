import Foundation
import Testing

@testable import Files

@Suite("ParquetLibrary")
struct ParquetLibraryTests {
  @Test("without the library, one clear line says what to install")
  func missing() {
    let error = #expect(throws: ParquetError.self) {
      try ParquetLibrary(environment: [:], executable: "/nowhere/halcyon")
    }
    #expect(
      error?.description
        == "Parquet needs Apache Arrow: run `make parquet`, or set HALCYON_PARQUET "
        + "to a libhalcyon_parquet.so; everything else works without it")
  }

  @Test("a library that is named and cannot be loaded is told by its name")
  func unloadable() throws {
    let path = NSTemporaryDirectory() + "halcyon-\(UUID().uuidString).so"
    for exists in [false, true] {
      if exists { try DurableFile.write("no library", to: path) }
      defer { unlink(path) }
      let error = #expect(throws: ParquetError.self) {
        try ParquetLibrary(environment: ["HALCYON_PARQUET": path], executable: "/nowhere/halcyon")
      }
      #expect(error?.description.contains("\(path) cannot be loaded (") == true)
      #expect(error?.description.contains("run `make parquet`") == true)
      #expect(error?.description.contains("\n") == false)
    }
  }

  @Test("a library of something else is told by what it lacks")
  func foreign() {
    let error = #expect(throws: ParquetError.self) {
      try ParquetLibrary(environment: ["HALCYON_PARQUET": "libc.so.6"], executable: "/halcyon")
    }
    #expect(
      error == .library(path: "libc.so.6", reason: "it has no cparquet_abi_version"))
  }

  @Test("a library of another version of the C ABI is refused")
  func otherVersion() throws {
    let path = NSTemporaryDirectory() + "halcyon-\(UUID().uuidString)"
    defer { for ending in [".c", ".so"] { unlink(path + ending) } }
    try DurableFile.write("int cparquet_abi_version(void) { return 99; }\n", to: path + ".c")
    let compiler = Process()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments = ["gcc", "-shared", "-fPIC", "-o", path + ".so", path + ".c"]
    try compiler.run()
    compiler.waitUntilExit()
    #expect(compiler.terminationStatus == 0)
    let error = #expect(throws: ParquetError.self) {
      try ParquetLibrary(environment: ["HALCYON_PARQUET": path + ".so"], executable: "/halcyon")
    }
    #expect(
      error == .library(path: path + ".so", reason: "it is of version 99, and 1 is needed"))
  }

  @Test("it is looked for beside the executable, and beside the package that was built")
  func candidates() {
    #expect(
      ParquetLibrary.candidates(executable: "/a/pkg/.build/x86_64/release/halcyon") == [
        "/a/pkg/.build/x86_64/release/libhalcyon_parquet.so",
        "/a/pkg/.parquet/libhalcyon_parquet.so",
      ])
    #expect(
      ParquetLibrary.candidates(executable: "/usr/bin/halcyon") == [
        "/usr/bin/libhalcyon_parquet.so"
      ])
  }

  @Test(
    "the library tells the version of Arrow", .enabled(if: ParquetLibrary.isAvailable, withoutArrow)
  )
  func version() throws {
    let version = try ParquetLibrary.shared().arrowVersion
    #expect(version.split(separator: ".").count >= 3)
    #expect(version.first?.isNumber == true)
  }
}
