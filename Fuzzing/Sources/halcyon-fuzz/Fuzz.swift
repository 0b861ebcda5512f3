import Foundation

/// What an input can be fed to, by its name: `FUZZ=image`, `tar`, ….
private let readers: [String: @Sendable (Data) -> Void] = [
  "contents": fuzzContents, "image": fuzzImage, "index": fuzzIndex, "lists": fuzzLists,
  "scores": fuzzScores, "selection": fuzzSelection, "tar": fuzzTar, "weights": fuzzWeights,
]

private let reader: @Sendable (Data) -> Void = {
  let name = ProcessInfo.processInfo.environment["FUZZ"] ?? ""
  guard let reader = readers[name] else {
    FileHandle.standardError.write(
      Data("FUZZ must be one of \(readers.keys.sorted().joined(separator: ", "))\n".utf8))
    exit(64)
  }
  return reader
}()

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
  _ count: UnsafeMutablePointer<CInt>,
  _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
  _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The program's entry, by the name that SwiftPM links it under: libFuzzer's loop, or
/// `--make-seeds FOLDER`, which writes what our own writers write.
@_cdecl("halcyon_fuzz_main")
public func main(
  _ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
  if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "--make-seeds" {
    do {
      try makeSeeds(in: CommandLine.arguments[2])
      return 0
    } catch {
      FileHandle.standardError.write(Data("\(error)\n".utf8))
      return 74
    }
  }
  var (count, arguments) = (count, arguments)
  return runDriver(&count, &arguments) { bytes, count in
    reader(bytes.map { Data(bytes: $0, count: count) } ?? Data())
    return 0
  }
}
