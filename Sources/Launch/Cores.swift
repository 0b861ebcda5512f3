import CProcess
import Foundation

/// The cores that this process may use, and how they are shared out.
public struct Cores: Equatable, Sendable {
  /// A core as the system numbers it, and where it lies.
  public struct Core: Equatable, Sendable {
    /// The system's number of it.
    public let number: Int
    /// The processor that it is a part of.
    public let package: Int
    /// The physical core; two hardware threads of one have the same.
    public let physical: Int

    /// A core and where it lies.
    public init(number: Int, package: Int = 0, physical: Int) {
      self.number = number
      self.package = package
      self.physical = physical
    }
  }

  /// Their numbers, those of one physical core side by side and those of one processor together.
  public let numbers: [Int]

  /// Cores in the order in which they are shared out.
  public init(_ cores: [Core]) {
    numbers = cores.sorted {
      ($0.package, $0.physical, $0.number) < ($1.package, $1.physical, $1.number)
    }.map(\.number)
  }

  /// Those that this process may use.
  /// - Throws: `LaunchError`.
  public static func ofThisProcess() throws -> Cores {
    var numbers = [Int32](repeating: 0, count: 8192)
    var count = 0
    let code = cprocess_cores(&numbers, numbers.count, &count)
    guard code == 0 else {
      throw LaunchError.system("cannot ask for this process's cores", code: code)
    }
    return Cores(
      numbers.prefix(count).map { number in
        let number = Int(number)
        return Core(
          number: number, package: topology(of: number, "physical_package_id") ?? 0,
          physical: topology(of: number, "core_id") ?? number)
      })
  }

  /// How many there are.
  public var count: Int { numbers.count }

  /// The cores of process `rank` of `processes`: an equal part of all, or `threads` of them. Where there are
  /// fewer than are wanted, processes share them in turn.
  public func share(of rank: Int, processes: Int, threads: Int? = nil) -> [Int] {
    guard count > 0 else { return [] }
    let wanted = min(count, threads ?? max(1, count / processes))
    return (0..<wanted).map { numbers[(rank * wanted + $0) % count] }
  }

  private static func topology(of core: Int, _ file: String) -> Int? {
    let path = "/sys/devices/system/cpu/cpu\(core)/topology/\(file)"
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
    return Int(text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
