import Foundation

/// How libtorch's threads wait for each other between operations.
enum WaitingThreads {
  /// Lets them sleep instead of spin, unless the environment says otherwise.
  ///
  /// GNU OpenMP spins for milliseconds by default. Where another process wants the cores too, a
  /// spinning thread holds up the very thread that it waits for: a small network then trained at
  /// 80 pictures a second instead of 2,000. The policy is read once, when the library is loaded, so
  /// the program starts itself again; where that is impossible it goes on as it is.
  static func sleep() {
    let names = ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT"]
    guard names.allSatisfy({ getenv($0) == nil }) else { return }
    setenv("OMP_WAIT_POLICY", "passive", 1)
    // By its own path, so that the process keeps its name in the system's lists.
    var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    if readlink("/proc/self/exe", &path, path.count - 1) > 0 {
      _ = execv(path, CommandLine.unsafeArgv)
    }
    _ = execv("/proc/self/exe", CommandLine.unsafeArgv)
  }
}
