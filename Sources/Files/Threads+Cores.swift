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
    return max(1, min(all, allowed, quota ?? all))
  }()

  /// How many cores' time the control groups that this process is in give it, rounded up; nil where none of them
  /// limits it.
  package static let quota: Int? = {
    (try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8)).flatMap {
      quota(ofGroups: $0, at: "/sys/fs/cgroup")
    }
  }()

  /// The least quota of the groups that `/proc/self/cgroup` names, as `list` has it, and of those around them, whose
  /// files lie below `root`: version 2's `cpu.max`, version 1's `cpu.cfs_quota_us` of the list of controllers that has
  /// `cpu`.
  static func quota(ofGroups list: String, at root: String) -> Int? {
    func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
    var least: Int?
    for line in list.split(separator: "\n") {
      let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let controllers = fields[1].split(separator: ",")
      guard controllers.isEmpty || controllers.contains("cpu") else { continue }
      let places =
        controllers.isEmpty ? [root, root + "/unified"] : ["\(root)/\(fields[1])", root + "/cpu"]
      var path = String(fields[2])
      while true {
        for place in places {
          let folder = place + (path == "/" ? "" : path)
          let found =
            controllers.isEmpty
            ? text(folder + "/cpu.max")
            : text(folder + "/cpu.cfs_quota_us").flatMap { quota in
              text(folder + "/cpu.cfs_period_us").map { "\(quota) \($0)" }
            }
          if let quota = found.flatMap(coresOfQuota) { least = min(least ?? quota, quota) }
        }
        guard path.count > 1, let slash = path.lastIndex(of: "/") else { break }
        path = slash == path.startIndex ? "/" : String(path[..<slash])
      }
    }
    return least
  }

  /// The cores that a `cpu.max`, as in "150000 100000", is worth, rounded up; nil for "max 100000".
  static func coresOfQuota(_ text: String) -> Int? {
    let words = text.split(whereSeparator: \.isWhitespace).map { Double($0) }
    guard words.count == 2, let quota = words[0], let period = words[1], period > 0, quota > 0
    else { return nil }
    return Int(exactly: (quota / period).rounded(.up)).map { max(1, $0) }
  }
}
