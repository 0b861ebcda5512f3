import Foundation
import TestSupport
import Testing

@Suite("Classes that are numbers in IDX files")
struct NumberedClassesTests {
  let tiny: TinyRun

  init() throws {
    tiny = try TinyRun()
    try FileManager.default.removeItem(atPath: tiny.folder.path + "/data/classes.txt")
  }

  /// Gives the pictures of `set` the labels that `label` makes of theirs.
  private func relabel(_ set: String, _ label: (UInt8) -> UInt8) throws {
    let file = "data/\(set)-labels-idx1-ubyte"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: tiny.folder.path + "/" + file))
    try tiny.folder.write(bytes.prefix(8) + Data(bytes.dropFirst(8).map(label)), to: file)
  }

  private func plan() throws -> Command.Outcome { try tiny.run("run", "a", flags: ["--dry-run"]) }

  @Test("the labels that occur in D are the classes; one between them that does not is told of")
  func occurring() throws {
    let six = try plan()
    #expect(six.code == 0 && six.output.contains("classes 6 "), "\(six.output)")
    #expect(!six.output.contains("has the label") && !six.output.contains("are numbers"))
    for set in ["train", "t10k"] { try relabel(set) { $0 < 3 ? $0 : $0 + 2 } }
    let gap = try plan()
    #expect(gap.code == 0, "\(gap.output)")
    #expect(
      gap.output.contains(
        "warning: no picture of \(tiny.folder.path)/data has the label 3, 4, so that there is no such "
          + "class; the classes are 0, 1, 2, 5, 6 and 1 more"), "\(gap.output)")
  }

  @Test("test pictures may lack a class of D, and one that D has not is refused by its number")
  func test() throws {
    try relabel("t10k") { $0 == 5 ? 0 : $0 }
    let fewer = try plan()
    #expect(fewer.code == 0 && fewer.output.contains("no test picture of 5\n"), "\(fewer.output)")
    try relabel("t10k") { $0 == 1 ? 8 : $0 }
    let other = try plan()
    #expect(other.code == 65)
    #expect(
      other.output.contains(
        "the classes of \(tiny.folder.path)/data are not the labelled set's; only there: 8"),
      "\(other.output)")
  }

  @Test("classes without a picture are named five at a time, with how many more")
  func empty() throws {
    let names = (0..<14).map { "class \($0)" }.joined(separator: "\n")
    try tiny.folder.write(names, to: "data/classes.txt")
    let outcome = try tiny.run("run", "a", ["data.labelledCount=null", "data.unlabelled=u"])
    #expect(outcome.code == 65)
    #expect(
      outcome.errors.contains(
        "data: no picture of class 6, class 7, class 8, class 9, class 10 and 3 more; every class needs "
          + "at least one; \(tiny.folder.path)/data/classes.txt names them: take their lines out\n"),
      "\(outcome.errors)")
    for set in ["train", "t10k"] { try relabel(set) { $0 == 2 ? 0 : $0 } }
    try tiny.folder.write("a\nb\nc\nd\ne\nf\n", to: "data/classes.txt")
    let gap = try tiny.run("run", "a", ["data.labelledCount=null", "data.unlabelled=u"])
    #expect(
      gap.errors.contains(
        "classes.txt names it, a line for each label from 0 on: without that file the labels that occur"
      ),
      "\(gap.errors)")
  }
}
