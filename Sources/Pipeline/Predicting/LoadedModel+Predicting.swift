import Files
public import ImageData
public import Terminal
import Torch
import Training

extension LoadedModel {
  /// Asks the model about pictures, named as `PredictionRequest.inputs` says, in their order; a picture
  /// that cannot be read has an `error`.
  /// - Throws: `ImageDataError` naming a folder without pictures; `TorchError`.
  public func predict(
    _ inputs: [String], top count: Int = 5, allScores: Bool = false
  ) throws -> [Prediction] {
    var predictions: [Prediction] = []
    try predict(inputs, top: count, allScores: allScores) { predictions.append($0) }
    return predictions
  }

  /// Asks the model about pictures, named as `PredictionRequest.inputs` says, and hands out one answer
  /// after the other.
  /// - Throws: `ImageDataError` naming a folder without pictures; `TorchError`, or what `body` throws.
  public func predict(
    _ inputs: [String], top count: Int = 5, allScores: Bool = false,
    _ body: (Prediction) throws -> Void
  ) throws {
    let request = PredictionRequest(inputs, top: count, allScores: allScores)
    try predict(request) { try $0.forEach(body) }
  }

  /// Asks the model about pictures that the program has already, encoded as files or as plain pixels;
  /// each answer has the picture's number, from 0, as its path.
  /// - Throws: `TorchError`.
  public func predict(
    _ pictures: [EncodedImage], top count: Int = 5, allScores: Bool = false
  ) throws -> [Prediction] {
    try predict(ImagesInMemory(pictures), top: count, allScores: allScores)
  }

  /// Asks the model about the pictures of a data set; each answer has the picture's key as its path.
  /// - Throws: `TorchError`.
  public func predict(
    _ pictures: any ImageDataset, top count: Int = 5, allScores: Bool = false
  ) throws -> [Prediction] {
    var predictions: [Prediction] = []
    try predict(pictures, top: count, allScores: allScores) { predictions.append($0) }
    return predictions
  }

  /// Asks the model about the pictures of a data set and hands out one answer after the other, with the
  /// picture's key as its path.
  /// - Throws: `TorchError`, or what `body` throws.
  public func predict(
    _ pictures: any ImageDataset, top count: Int = 5, allScores: Bool = false,
    _ body: (Prediction) throws -> Void
  ) throws {
    try StopSignal.savingNothing {
      // Nothing is compared bit by bit here, so a few pictures are not padded to a full batch.
      try forEachBatch(
        of: pictures, top: count, allScores: allScores, batch: min(runtime.batch, pictures.count)
      ) { try $0.forEach(body) }
    }
  }

  /// Asks the model about the pictures of `request` and hands out the answers a batch at a time.
  /// - Throws: `ImageDataError`, `PipelineError`, `TorchError`, `Stopped`, or what `body` throws.
  @discardableResult
  public func predict(
    _ request: PredictionRequest, console: Console = Console(quiet: true),
    _ body: ([Prediction]) throws -> Void
  ) throws -> PredictionCounts {
    try StopSignal.savingNothing {
      try Indexing.temporarily(workers: runtime.workers, console) { indexing in
        let pictures = try ImageSources(request, indexing).dataset
        let start = Stopwatch()
        var counts = PredictionCounts()
        try forEachBatch(
          of: pictures, top: request.top, allScores: request.allScores,
          batch: min(runtime.batch, pictures.count)
        ) { batch in
          try body(batch)
          counts.add(batch)
        }
        counts.seconds = start.seconds
        if let line = withoutEnd { request.note(line) }
        return counts
      }
    }
  }

  /// Asks the model about the pictures of a data set from `start` on, `batch` of them at a time, to which
  /// the last ones are padded.
  func forEachBatch(
    of pictures: any ImageDataset, from start: Int = 0, top count: Int, allScores: Bool,
    batch: Int, progress: ProgressBar? = nil, _ body: ([Prediction]) throws -> Void
  ) throws {
    let classes = folder.classNames.count
    let count = min(count, classes)
    withoutEnd = nil
    guard start < pictures.count else { return }
    var runtime = runtime
    runtime.batch = batch
    let inference = try Inference(network, input: folder.input, runtime)
    defer { withoutEnd = inference.withoutEnd.line(in: pictures.name) }
    try inference.forEachBatch(
      of: pictures, range: start..<pictures.count,
      badSamples: BadSamples(of: pictures, limit: .none, seesEachOnce: true), progress: progress
    ) { batch, logits in
      let scores = try logits.softmax()
      let best = try scores.top(count)
      let values = try best.values.array(of: Float.self)
      let indices = try best.indices.array(of: Int64.self)
      let all = allScores ? try scores.array(of: Float.self) : []
      try body(
        (0..<batch.count).map { row in
          let path = pictures.key(at: batch.indices[row])
          if let reason = batch.reasons[row] {
            return Prediction(path: path, top: [], scores: nil, error: reason)
          }
          let guesses = (row * count..<(row + 1) * count).map { place in
            Prediction.Guess(
              class: folder.classNames[Int(indices[place])], index: Int(indices[place]),
              score: values[place])
          }
          return Prediction(
            path: path, top: guesses,
            scores: allScores ? Array(all[row * classes..<(row + 1) * classes]) : nil, error: nil)
        })
    }
  }
}

extension PredictionCounts {
  /// Counts the answers of a batch.
  mutating func add(_ batch: [Prediction]) {
    pictures += batch.count
    predicted += batch.count
    for prediction in batch {
      guard let error = prediction.error else { continue }
      unreadable += 1
      if firstUnreadable.count < Evaluation.mostNamed {
        firstUnreadable.append(.init(key: prediction.path, reason: error))
      }
    }
  }
}
