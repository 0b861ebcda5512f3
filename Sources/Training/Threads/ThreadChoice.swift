/// How many threads compute on a CPU.
public enum ThreadChoice: Equatable, Sendable {
  /// As many of those that libtorch's pool has (`Libtorch.threads`) as are fastest. What gives the same numbers on any
  /// of them (replicas in training, batches of small pictures in inference) is timed; a training in one pool has a
  /// thread for each share of work that is worth one, since other shares are added in another order; an inference in
  /// one pool has all.
  case auto
  /// So many; 0 for all of the machine's cores.
  case count(Int)

  /// Those that libtorch's pool is to have on a machine of so many cores.
  package func most(ofCores cores: Int) -> Int {
    if case .count(let count) = self, count > 0 { count } else { cores }
  }
}
