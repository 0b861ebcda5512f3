import ArgumentParser

/// Our side of every comparison: `Benchmarks/run` starts it, and a peer, and lets them take turns.
@main
struct HalcyonBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "halcyon-bench",
    abstract: "Does a piece of work once for every line of standard input and says how fast.",
    subcommands: [
      TrainRounds.self, ProcessesRounds.self, ScoreRounds.self, LoaderRounds.self, RoofRounds.self,
      ScaleDemo.self,
      DemoRounds.self, OverheadRounds.self, Duplicates.self, SelectRounds.self, SelectRows.self,
      SelectBillion.self, IndexRounds.self, StartupRounds.self,
    ])
}
