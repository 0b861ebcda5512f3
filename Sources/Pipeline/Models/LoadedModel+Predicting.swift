public import ImageData
import Torch
import Training

extension LoadedModel {
  /// Asks the model about picture files, and about the pictures below folders, in their order; a file
  /// that cannot be read has an `error`.
  /// - Throws: `ImageDataError` naming a folder without pictures; `TorchError`.
  public func predict(
    _ files: [String], top count: Int = 5, allScores: Bool = false
  ) throws -> [Prediction] {
    try predict(ImageFiles(expanding: files), top: count, allScores: allScores)
  }

  /// Asks the model about picture files, and about the pictures below folders, and hands out one
  /// answer after the other.
  /// - Throws: `ImageDataError` naming a folder without pictures; `TorchError`, or what `body` throws.
  public func predict(
    _ files: [String], top count: Int = 5, allScores: Bool = false,
    _ body: (Prediction) throws -> Void
  ) throws {
    try predict(ImageFiles(expanding: files), top: count, allScores: allScores, body)
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
    let count = min(count, folder.classNames.count)
    let classes = folder.classNames.count
    withoutEnd = nil
    guard pictures.count > 0 else { return }
    // Nothing is compared bit by bit here, so a few pictures are not padded to a full batch.
    var runtime = runtime
    runtime.batch = min(runtime.batch, pictures.count)
    let inference = try Inference(network, input: folder.input, runtime)
    defer { withoutEnd = inference.withoutEnd.line(in: pictures.name) }
    let badSamples = BadSamples(of: pictures, limit: .none)
    try StopSignal.savingNothing {
      try inference.forEachBatch(of: pictures, badSamples: badSamples) { batch, logits in
        let scores = try logits.softmax()
        let best = try scores.top(count)
        let values = try best.values.array(of: Float.self)
        let indices = try best.indices.array(of: Int64.self)
        let all = allScores ? try scores.array(of: Float.self) : []
        for row in 0..<batch.count {
          let path = pictures.key(at: batch.indices[row])
          if let reason = batch.reasons[row] {
            try body(Prediction(path: path, top: [], scores: nil, error: reason))
            continue
          }
          let guesses = (row * count..<(row + 1) * count).map { place in
            Prediction.Guess(
              class: folder.classNames[Int(indices[place])], index: Int(indices[place]),
              score: values[place])
          }
          try body(
            Prediction(
              path: path, top: guesses,
              scores: allScores ? Array(all[row * classes..<(row + 1) * classes]) : nil, error: nil)
          )
        }
      }
    }
  }
}
