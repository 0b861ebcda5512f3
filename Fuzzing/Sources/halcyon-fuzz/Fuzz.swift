import Foundation

/// Which reader the inputs go to: `FUZZ=image`, `scores`, `selection`, `tar` or `index`.
nonisolated(unsafe) private let target: (Data) -> Void = {
  let name = ProcessInfo.processInfo.environment["FUZZ"] ?? ""
  let targets: [String: (Data) -> Void] = [
    "image": fuzzImage, "scores": fuzzScores, "selection": fuzzSelection,
  ]
  guard let target = targets[name] else {
    FileHandle.standardError.write(
      Data("FUZZ must be one of \(targets.keys.sorted().joined(separator: ", "))\n".utf8))
    exit(64)
  }
  return target
}()

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The program's entry, by the name that SwiftPM links it under: libFuzzer's loop.
@_cdecl("halcyon_fuzz_main")
public func main(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
  var (count, arguments) = (count, arguments)
  return runDriver(&count, &arguments) { bytes, count in
    target(bytes.map { Data(bytes: $0, count: count) } ?? Data())
    return 0
  }
}

/// Calls `body` with the path of a file that holds `data`, in memory where there is such a place.
func withFile(_ data: Data, _ body: (String) -> Void) {
  let path = "/dev/shm/halcyon-fuzz-\(getpid())"
  guard FileManager.default.createFile(atPath: path, contents: data) else { return }
  defer { unlink(path) }
  body(path)
}
