import Testing

@testable import Pipeline

@Suite("What results depend on")
struct StageInputsTests {
  private func inputs(
    _ settings: [String: String], files: [String: String] = [:], learned: String? = nil
  ) -> StageInputs {
    StageInputs(
      settings: settings,
      learned: learned.map { ImagesIdentity(count: 3, keys: $0, labels: $0, contents: $0) },
      files: files)
  }

  @Test(
    "weights that a student gains, loses or has from elsewhere; the same ones may lie elsewhere")
  func studentStart() {
    let selected = ["2-ranking/selected.bin": "a"]
    let none = inputs(["student.startFrom": "null"], files: selected)
    let some = inputs(
      ["student.startFrom": "w.pth"],
      files: selected.merging(["student.startFrom": "w"]) { $1 })
    let moved = inputs(
      ["student.startFrom": "x/w.pth"],
      files: selected.merging(["student.startFrom": "w"]) { $1 })
    #expect(
      some.differences(from: none, computes: true) == [
        .setting(key: "student.startFrom", was: "null", now: "w.pth")
      ])
    #expect(
      none.differences(from: some, computes: true) == [
        .setting(key: "student.startFrom", was: "w.pth", now: "null")
      ])
    #expect(moved.differences(from: some, computes: true).isEmpty)
    // Fine-tuning depends on them by the student that it begins with.
    let student = ["3-student/model.safetensors": "s"]
    #expect(
      inputs(["student.startFrom": "w.pth"], files: student)
        .differences(from: inputs(["student.startFrom": "null"], files: student), computes: true)
        .isEmpty)
  }

  @Test("tags that a teacher with task data gains or loses are a difference; V itself is compared")
  func tags() {
    let task = ["teacher.fineTuneOn.labelled": "v"]
    func tuning(_ tags: String, files: [String: String] = [:], v: String = "v") -> StageInputs {
      inputs(
        task.merging(["data.tagged": tags, "teacher.fineTuneOn.labelled": v]) { $1 }, files: files,
        learned: "V")
    }
    let pretrained = ["0-pretrained/model.safetensors": "p"]
    #expect(
      tuning("w").differences(from: tuning("null"), computes: true) == [
        .setting(key: "data.tagged", was: "null", now: "w")
      ])
    #expect(
      tuning("null").differences(from: tuning("w", files: pretrained), computes: true) == [
        .setting(key: "data.tagged", was: "w", now: "null")
      ])
    // W and V may lie elsewhere where what they gave is the same.
    #expect(
      tuning("x/w", files: pretrained, v: "x/v")
        .differences(from: tuning("w", files: pretrained), computes: true).isEmpty)
    #expect(
      inputs(["data.tagged": "x/w"], learned: "W")
        .differences(from: inputs(["data.tagged": "w"], learned: "W"), computes: true).isEmpty)
  }
}
