import Files
public import Foundation

/// `log.jsonl`: one JSON object an event, appended as it happens.
///
/// ```json
/// {"event":"step","images":1536,"loss":6.9,"stage":"teacher","step":1,"time":"2026-01-01T00:00:00.000Z"}
/// ```
public final class EventLog {
  /// A field's value.
  public enum Value: Codable, Equatable, Sendable {
    /// A text.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// A number; one that is not finite is written as null.
    case number(Double)
    /// True or false.
    case flag(Bool)
    /// No value.
    case null

    /// Reads a JSON value that is neither an object nor a list.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let flag = try? container.decode(Bool.self) {
        self = .flag(flag)
      } else if let integer = try? container.decode(Int.self) {
        self = .integer(integer)
      } else if let number = try? container.decode(Double.self) {
        self = .number(number)
      } else {
        self = .text(try container.decode(String.self))
      }
    }

    /// Writes the JSON value.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .text(let text): try container.encode(text)
      case .integer(let integer): try container.encode(integer)
      case .number(let number) where number.isFinite: try container.encode(number)
      case .flag(let flag): try container.encode(flag)
      case .null, .number: try container.encodeNil()
      }
    }
  }

  private let path: String
  /// Opened with the first event: who only reads a run may not be allowed to write it.
  private var file: AppendedFile?

  /// The log at `path`; a last line that a crash tore is removed, unless other processes write to the
  /// log, too.
  /// - Throws: `FileError` naming `path`.
  public init(path: String, shared: Bool = false) throws {
    if !shared { try AppendedFile.filter(path) { _ in true } }
    self.path = path
  }

  /// Appends one event; `time`, `stage`, `event` and `step` are this method's own fields.
  /// - Throws: `FileError` naming the log.
  public func append(
    _ event: String, stage: String? = nil, step: Int? = nil, _ fields: [String: Value] = [:],
    time: Date = Date()
  ) throws {
    var object = fields
    object["time"] = .text(
      time.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    object["event"] = .text(event)
    object["stage"] = stage.map { .text($0) } ?? .null
    if let step { object["step"] = .integer(step) }
    let file = try file ?? AppendedFile(path: path)
    self.file = file
    try file.append(String(decoding: try JSON.line(object), as: UTF8.self))
  }

  // MARK: - Resuming

  /// Removes what `stage` did after `step`, so that a resumed run logs every step once; without
  /// `keepingRow` also the "step" event of `step` itself.
  /// - Throws: `FileError` naming the log.
  public func trim(_ stage: String, toStep step: Int, keepingRow: Bool = true) throws {
    try Self.trim(path, stage: stage, toStep: step, keepingRow: keepingRow)
    // Trimming may have put another file in the open one's place.
    file = nil
  }

  /// Removes from the log at `path` what `stage` did after `step`, so that a resumed run logs every
  /// step once. Call it before the log is opened.
  /// - Throws: `FileError` naming `path`.
  public static func trim(
    _ path: String, stage: String, toStep step: Int, keepingRow: Bool = true
  ) throws {
    var beyond = false
    try AppendedFile.filter(path) { line in
      let event = Event(line)
      guard event.stage == stage else { return true }
      // What has no step of its own goes with the steps before it.
      if let at = event.step { beyond = at > step }
      return !beyond && (keepingRow || event.event != "step" || event.step != step)
    }
  }

  /// Removes every event of `stages` from the log at `path`.
  /// - Throws: `FileError` naming `path`.
  public static func remove(stages: [String], from path: String) throws {
    let names = Set(stages)
    try AppendedFile.filter(path) { line in Event(line).stage.map { !names.contains($0) } ?? true }
  }

  private struct Event: Decodable {
    var event: String?
    var stage: String?
    var step: Int?

    init(_ line: String) {
      if let event = try? JSON.read(Event.self, from: Data(line.utf8)) { self = event }
    }
  }
}
