import Files
import Foundation

/// `metrics.csv` of a training stage: one row a logged step.
public final class MetricsTable {
  /// One row.
  public struct Row: Equatable, Sendable {
    /// Optimiser steps done.
    public var step: Int
    /// Images seen.
    public var images: Int
    /// The mean loss since the row before.
    public var loss: Double
    /// The accuracy on the training images since the row before, in percent.
    public var top1: Double?
    /// The learning rate of the step.
    public var learningRate: Double
    /// Images a second since the row before.
    public var imagesPerSecond: Double
    /// The accuracy on the validation pictures, in percent, where it was measured.
    public var validationTop1: Double?
    /// On how many pictures that was: those that could be read.
    public var validationImages: Int?

    /// Makes a row.
    public init(
      step: Int, images: Int, loss: Double, top1: Double? = nil, learningRate: Double,
      imagesPerSecond: Double, validationTop1: Double? = nil, validationImages: Int? = nil
    ) {
      self.step = step
      self.images = images
      self.loss = loss
      self.top1 = top1
      self.learningRate = learningRate
      self.imagesPerSecond = imagesPerSecond
      self.validationTop1 = validationTop1
      self.validationImages = validationImages
    }
  }

  /// The first line.
  public static let header =
    "step,images,loss,top1,learning_rate,images_per_second,validation_top1,validation_images"

  /// The first line of tables that do not say on how many pictures was measured.
  private static let earlierHeader =
    "step,images,loss,top1,learning_rate,images_per_second,validation_top1"

  private let file: AppendedFile

  /// Opens the table at `path`, without the rows after `step`; a new one gets the header.
  /// - Throws: `FileError` naming `path`; `TrainingError.data` when it is another table.
  public init(path: String, trimmedToStep step: Int = .max) throws {
    var (lines, _) = try AppendedFile.lines(of: path)
    if lines.first == Self.earlierHeader {
      lines = [Self.header] + lines.dropFirst().map { $0 + "," }
      try DurableFile.write(lines.map { $0 + "\n" }.joined(), to: path)
    }
    if let first = lines.first, first != Self.header {
      throw TrainingError.data("\(path) is no table of metrics: its first line is \"\(first)\"")
    }
    var isHeader = true
    try AppendedFile.filter(path) { line in
      if isHeader {
        isHeader = false
        return true
      }
      return Row(line).map { $0.step <= step } ?? false
    }
    file = try AppendedFile(path: path)
    if lines.isEmpty { try file.append(Self.header) }
  }

  /// Appends a row.
  /// - Throws: `FileError` naming the table.
  public func append(_ row: Row) throws { try file.append(row.line) }

  /// The rows of the table at `path`; none without a file.
  /// - Throws: `FileError` naming `path`.
  public static func rows(of path: String) throws -> [Row] {
    try AppendedFile.lines(of: path).whole.dropFirst().compactMap(Row.init)
  }
}

extension MetricsTable.Row {
  /// Reads a line of the table; nil when it is none.
  init?(_ line: String) {
    let cells = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard 7...8 ~= cells.count, let step = Int(cells[0]), let images = Int(cells[1]),
      let loss = Double(cells[2]), let learningRate = Double(cells[4]),
      let imagesPerSecond = Double(cells[5])
    else { return nil }
    self.init(
      step: step, images: images, loss: loss, top1: Double(cells[3]), learningRate: learningRate,
      imagesPerSecond: imagesPerSecond, validationTop1: Double(cells[6]),
      validationImages: cells.count == 8 ? Int(cells[7]) : nil)
  }

  var line: String {
    let cells = [
      String(step), String(images), String(loss), top1.map { String($0) } ?? "",
      String(learningRate), String(imagesPerSecond), validationTop1.map { String($0) } ?? "",
      validationImages.map { String($0) } ?? "",
    ]
    return cells.joined(separator: ",")
  }
}
