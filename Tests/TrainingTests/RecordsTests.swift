import Files
import Foundation
import TestSupport
import Testing

@testable import Training

@Suite("EventLog and MetricsTable")
struct EventLogTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.path + "/log.jsonl" }

  @Test("an event is one JSON object on one line, there as soon as it is appended")
  func event() throws {
    let log = try EventLog(path: path)
    try log.append(
      "step", stage: "teacher", step: 3,
      ["loss": .number(0.5), "images": .integer(9), "bad": .number(.nan), "text": .text("a\nb/c")],
      time: Date(timeIntervalSince1970: 0))
    let expected =
      #"{"bad":null,"event":"step","images":9,"loss":0.5,"stage":"teacher","step":3,"#
      + #""text":"a\nb/c","time":"1970-01-01T00:00:00.000Z"}"# + "\n"
    #expect(try folder.read("log.jsonl") == expected)
  }

  @Test("a torn last line is removed when the log is opened again")
  func torn() throws {
    try folder.write("{\"event\":\"a\"}\n{\"event\":\"b", to: "log.jsonl")
    let log = try EventLog(path: path)
    try log.append("c")
    let lines = try folder.read("log.jsonl").split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines[0] == "{\"event\":\"a\"}")
    #expect(lines[1].contains("\"c\""))
  }

  @Test("trimming removes what the stage did after the checkpoint and nothing else")
  func trim() throws {
    let log = try EventLog(path: path)
    try log.append("start")
    try log.append("t1", stage: "teacher", step: 10)
    try log.append("s0", stage: "student")
    try log.append("s1", stage: "student", step: 5)
    try log.append("s1-note", stage: "student")
    try log.append("s2", stage: "student", step: 6)
    try log.append("s2-note", stage: "student")
    try log.append("t2", stage: "teacher", step: 11)
    try log.append("resumed")
    try EventLog.trim(path, stage: "student", toStep: 5)
    let events = try folder.read("log.jsonl").split(separator: "\n").map { line in
      line.split(separator: "\"event\":\"")[1].prefix { $0 != "\"" }
    }
    #expect(events == ["start", "t1", "s0", "s1", "s1-note", "t2", "resumed"])
  }

  @Test("trimming a log that is not there does nothing")
  func noLog() throws {
    try EventLog.trim(path, stage: "student", toStep: 5)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test("metrics are rows of a CSV, empty where nothing was measured")
  func metrics() throws {
    let path = folder.path + "/metrics.csv"
    let table = try MetricsTable(path: path)
    try table.append(
      .init(step: 1, images: 64, loss: 2.5, learningRate: 1e-5, imagesPerSecond: 100))
    try table.append(
      .init(
        step: 2, images: 128, loss: 2, top1: 12.5, learningRate: 0.1, imagesPerSecond: 99.5,
        validationTop1: 50, validationImages: 40))
    #expect(
      try folder.read("metrics.csv") == """
        step,images,loss,top1,learning_rate,images_per_second,validation_top1,validation_images
        1,64,2.5,,1e-05,100.0,,
        2,128,2.0,12.5,0.1,99.5,50.0,40

        """)
    #expect(try MetricsTable.rows(of: path).map(\.validationTop1) == [nil, 50])
  }

  @Test("a table without the column of measured pictures gets it and goes on")
  func earlier() throws {
    let earlier = "step,images,loss,top1,learning_rate,images_per_second,validation_top1"
    try folder.write("\(earlier)\n1,64,2.5,,1e-05,100.0,50.0\n", to: "metrics.csv")
    let table = try MetricsTable(path: folder.path + "/metrics.csv")
    try table.append(
      .init(
        step: 2, images: 128, loss: 2, learningRate: 0.1, imagesPerSecond: 99.5,
        validationTop1: 60, validationImages: 40))
    #expect(
      try folder.read("metrics.csv")
        == "\(MetricsTable.header)\n1,64,2.5,,1e-05,100.0,50.0,\n2,128,2.0,,0.1,99.5,60.0,40\n")
  }

  @Test("a table resumed at a step has each row once", arguments: 0...6)
  func resumed(step: Int) throws {
    let path = folder.path + "/metrics.csv"
    func rows(_ steps: some Sequence<Int>) -> [MetricsTable.Row] {
      steps.map { .init(step: $0, images: $0, loss: 1, learningRate: 1, imagesPerSecond: 1) }
    }
    let first = try MetricsTable(path: path)
    for row in rows(1...5) { try first.append(row) }
    let handle = try #require(FileHandle(forWritingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("6,6,0.".utf8))  // torn by a crash
    let second = try MetricsTable(path: path, trimmedToStep: step)
    for row in rows((step + 1)..<9) { try second.append(row) }
    let expected = step < 6 ? Array(1...8) : [1, 2, 3, 4, 5, 7, 8]
    #expect(try MetricsTable.rows(of: path).map(\.step) == expected)
  }

  @Test("another table is not appended to")
  func otherTable() throws {
    try folder.write("a,b\n", to: "metrics.csv")
    let path = "\(folder.path)/metrics.csv"
    #expect(
      throws: TrainingError.data("\(path) is no table of metrics: its first line is \"a,b\"")
    ) {
      try MetricsTable(path: path)
    }
  }
}
