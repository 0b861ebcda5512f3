import Files
import Foundation
import ImageData
import Shards
import SystemPackage
import Torch

/// What a machine has and lacks for Halcyon, in a screen.
public enum Doctor {
  /// One finding.
  public struct Fact: Sendable {
    /// What was looked at.
    public let name: String
    /// What was found; what to do about it where it is not fine.
    public let value: String
    /// Whether nothing need be done.
    public let isFine: Bool

    init(_ name: String, _ value: String, isFine: Bool = true) {
      self.name = name
      self.value = value
      self.isFine = isFine
    }
  }

  /// Looks at libtorch, devices, precision, codecs, what is optional, cores, memory and disk.
  public static func facts() -> [Fact] {
    let hasCUDA = Device.available.contains(.cuda)
    let best = Precision.best(on: hasCUDA ? .cuda : .cpu)
    let process = ProcessInfo.processInfo
    let cores = Threads.cores
    let memory = Double(process.physicalMemory)
    let fashion = "/usr/share/datasets/fashion-mnist"
    let hasFashion = FilePath(text: "\(fashion)/train-images-idx3-ubyte.gz").exists
    var facts = [
      Fact("libtorch", Libtorch.version),
      Fact("device", hasCUDA ? "cuda" : "cpu (this libtorch finds no CUDA device)"),
      Fact(
        "precision",
        best == .bf16 ? "bf16" : "float32 (this processor has no bfloat16 instructions)"),
      Fact("processor", CPU.name),
      Fact("kernels", CPU.kernels.isEmpty ? "none beyond the baseline" : CPU.kernels),
      Fact("cores", "\(cores)"),
      Fact(
        "memory", Format.bytes(memory) + (memory < 4e9 ? ": small networks only" : ""),
        isFine: memory >= 4e9),
      Fact("codecs", ImageDecoder.codecs.joined(separator: ", ")),
      Fact(
        "demo data",
        hasFashion ? fashion : "not there: apt-get install dataset-fashion-mnist",
        isFine: hasFashion),
      parquet,
      Fact(
        "libcurl", WebClient.version + (WebClient.hasTLS ? "" : ": no https addresses"),
        isFine: WebClient.hasTLS),
    ]
    if let speed = try? machineSpeed(hasCUDA ? .cuda : .cpu, best) {
      facts.append(Fact("matrix product", "\(Format.count(2 * speed)) GFLOP/s in \(best.rawValue)"))
    }
    let folder = FilePath.workingFolder.text
    let free =
      (try? FileManager.default.attributesOfFileSystem(forPath: folder))?[.systemFreeSize]
      as? NSNumber
    if let free {
      facts.append(
        Fact("free disk", "\(Format.bytes(free.doubleValue)) here", isFine: free.doubleValue > 1e9))
    }
    return facts
  }

  /// Lists of pictures in Parquet, and `selected.parquet`.
  private static var parquet: Fact {
    do {
      let library = try ParquetLibrary.shared()
      return Fact("parquet", "Apache Arrow \(library.arrowVersion), \(library.path)")
    } catch {
      return Fact("parquet", "\(error)", isFine: false)
    }
  }
}
