import ImageData

/// The pictures of one part of a batch.
struct PartPictures {
  /// Those with labels.
  let labelled: ImageBatch
  /// Two views of pictures without, row by row of the same ones; nil where the training has none.
  let views: (weak: ImageBatch, strong: ImageBatch)?

  /// How many the network learns from.
  var count: Int { labelled.count + (views?.strong.count ?? 0) }
}

/// Loads the parts of a training's batches that a process computes.
final class PartLoader {
  private let labelled: BatchLoader
  private let views: (weak: BatchLoader, strong: BatchLoader)?
  private let names: [String]

  /// Loads `labelled`, and `views` of other pictures beside them; messages call the sets `names`.
  init(
    _ labelled: BatchLoader, _ views: (weak: BatchLoader, strong: BatchLoader)?, names: [String]
  ) {
    self.labelled = labelled
    self.views = views
    self.names = names
  }

  /// The next part; nil at the end.
  /// - Throws: As `BatchLoader.next()`.
  func next() throws -> PartPictures? {
    guard let batch = try labelled.next() else { return nil }
    guard let views else { return PartPictures(labelled: batch, views: nil) }
    guard let weak = try views.weak.next(), let strong = try views.strong.next() else { return nil }
    return PartPictures(labelled: batch, views: (weak, strong))
  }

  /// Ends the threads.
  func stop() {
    labelled.stop()
    views?.weak.stop()
    views?.strong.stop()
  }

  /// What there is to say of pictures that lack their file's end.
  var linesOfMissingEnds: [String] {
    let found = [labelled.withoutEnd] + (views.map { [$0.strong.withoutEnd] } ?? [])
    return zip(found, names).compactMap { $0.line(in: $1) }
  }

  /// The pictures without labels that could not be read.
  var unreadable: [BadSamples.Entry] { views?.strong.badSamples.entries ?? [] }
}
