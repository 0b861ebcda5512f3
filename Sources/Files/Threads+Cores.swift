import CProcess
import Foundation

extension Threads {
  /// How many threads there are to use: as many as this process may have cores, by its affinity (`taskset`, Slurm,
  /// `halcyon launch`) and its control group's quota (containers), whichever are fewer.
  package static let cores: Int = {
    let all = ProcessInfo.processInfo.activeProcessorCount
    var numbers = [Int32](repeating: 0, count: 8192)
    var allowed = 0
    if cprocess_cores(&numbers, numbers.count, &allowed) != 0 { allowed = all }
    return max(1, min(all, allowed, quota() ?? all))
  }()

  /// How many cores' time the control groups (version 2) that this process is in give it, rounded up; nil where none of
  /// them limits it.
  private static func quota() -> Int? {
    guard let groups = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8),
      let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::") })
    else { return nil }
    var path = String(line.dropFirst(3))
    var least: Int?
    while true {
      let file = "/sys/fs/cgroup" + (path == "/" ? "" : path) + "/cpu.max"
      if let quota = (try? String(contentsOfFile: file, encoding: .utf8)).flatMap(coresOfQuota) {
        least = min(least ?? quota, quota)
      }
      guard path.count > 1, let slash = path.lastIndex(of: "/") else { return least }
      path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
  }

  /// The cores that a `cpu.max`, as in "150000 100000", is worth, rounded up; nil for "max 100000".
  static func coresOfQuota(_ text: String) -> Int? {
    let words = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard words.count == 2, let quota = words[0], let period = words[1], period > 0, quota > 0
    else { return nil }
    return max(1, Int((quota / period).rounded(.up)))
  }
}
