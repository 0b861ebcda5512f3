import ArgumentParser
import Foundation
import Launch
import Pipeline
import Recipes
import Terminal

/// The command: parse, call, print.
@main
struct Halcyon: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "halcyon",
    abstract: "Turns a few labelled pictures and many unlabelled ones into a better classifier.",
    discussion: """
      A teacher learns from the labelled pictures, ranks the unlabelled ones, and a student learns \
      from the best of each class before it is fine-tuned on the true labels (arXiv:1905.00546).

      Exit codes: 0 done, 64 usage or recipe, 65 data, 69 another process was lost, 70 non-finite \
      training, 71 not enough memory, 74 input or output, 75 stopped by a signal with everything saved. After \
      69 and 75 run the same command again.
      """,
    version: "0.1.0",
    groupedSubcommands: [
      CommandGroup(
        name: "Whole runs",
        subcommands: [
          InitCommand.self, RunCommand.self, RecipeCommand.self, ExperimentCommand.self,
        ]),
      CommandGroup(
        name: "One stage of a run directory",
        subcommands: [
          PretrainTeacherCommand.self, TrainTeacherCommand.self, ScoreCommand.self,
          SelectCommand.self, PretrainCommand.self,
          FineTuneCommand.self, ReportCommand.self, ReplayCommand.self,
        ]),
      CommandGroup(name: "Several processes", subcommands: [LaunchCommand.self]),
      CommandGroup(
        name: "The ocean",
        subcommands: [
          IndexCommand.self, InspectCommand.self, MaterializeCommand.self, MakeTagsCommand.self,
        ]),
      CommandGroup(name: "The labels", subcommands: [LabelErrorsCommand.self]),
      CommandGroup(
        name: "Models",
        subcommands: [
          ImportCommand.self, EvaluateCommand.self, PredictCommand.self, TransferCommand.self,
          FeaturesCommand.self,
          ExportCommand.self,
          ModelsCommand.self,
        ]),
      CommandGroup(name: "This machine", subcommands: [DoctorCommand.self]),
    ])

  static func main() {
    StandardStreams.hold()
    WaitingThreads.sleep()
    StopSignal.listen(endsAtSecond: !Launcher.isParent)
    // A reader that goes away (`halcyon models | head`) is no reason to die half-way.
    signal(SIGPIPE, SIG_IGN)
    // A file that outgrows its limit is then an error of that write.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var arguments = try Arguments.texts()
      // What there is to know of a recipe is what its keys are.
      if arguments.starts(with: ["help", "recipe"]) { arguments.removeFirst() }
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch let error as ExitCode {
      Foundation.exit(error.rawValue)
    } catch {
      let code = exitCode(for: error)
      // ArgumentParser's own errors and requests for help know how to show themselves.
      if isParserError(error) || code == .success { exit(withError: error) }
      PipelineError.lines(about: error).forEach(printError)
      Foundation.exit(PipelineError.exitCode(of: error))
    }
  }

  private static func isParserError(_ error: any Error) -> Bool {
    error is ValidationError || error is CleanExit
      || String(reflecting: type(of: error)).hasPrefix("ArgumentParser.")
  }
}
