import Files
import ImageData
package import Recipes
import Terminal
import Training

/// What speaks against a transfer that is to be measured, by its settings and its pictures, before there is a model.
/// - Throws: `Stopped`.
package func problemsOfTransfer(_ request: TransferRequest) throws -> [Problem] {
  do {
    try request.check()
    let console = Console(quiet: true)
    try Indexing.temporarily(workers: Threads.cores, console) {
      try TransferPictures(request, $0, console).requireMeasurable(by: request)
    }
    return []
  } catch let error as Stopped {
    throw error
  } catch {
    return [
      Problem(
        "transfer to \(request.data): \(PipelineError.line(about: error))",
        exitCode: PipelineError.exitCode(of: error))
    ]
  }
}

extension TransferPictures {
  /// - Throws: `PipelineError.data` where settings could not be chosen on them, or the result not be measured.
  fileprivate func requireMeasurable(by request: TransferRequest) throws {
    guard let test, test.count > 0 else {
      let classes = request.classes == nil ? "" : " of the classes that are held out"
      throw PipelineError.data(
        "\(testName ?? trainName) has no test pictures\(classes), and nothing could be measured in the end"
      )
    }
    let trials = min(request.trials ?? TransferGrid.trials, TransferGrid(request).count)
    guard request.mode == .fc || trials == 1 || train.countPerClass.contains(where: { $0 > 1 })
    else {
      throw PipelineError.data(
        "\(trainName) has one picture of each class, of which none can be held out to choose settings on"
      )
    }
  }
}
