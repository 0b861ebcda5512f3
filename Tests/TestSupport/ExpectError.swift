import Files
public import Testing

/// Expects `body` to throw an error of exit code `code` whose first line begins with `beginning`.
public func expectError<Result>(
  _ beginning: String, code: Int32 = 64, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Result
) {
  do {
    _ = try body()
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
  } catch let error as any ExitCoded {
    let text = "\(error)"
    #expect(text.hasPrefix(beginning), "\(text)", sourceLocation: sourceLocation)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(!lines.contains(""), sourceLocation: sourceLocation)
    #expect(error.exitCode == code, sourceLocation: sourceLocation)
  } catch {
    Issue.record("another error: \(error)", sourceLocation: sourceLocation)
  }
}
