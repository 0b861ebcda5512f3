import Files
import Foundation
import Recipes
import TestSupport
import Testing

@Suite("Paths on the command line")
struct PathArgumentTests {
  @Test("folders and files of one letter, with a slash, and upwards")
  func oneLetter() throws {
    let folder = try TemporaryFolder()
    try TinyImages(24, seed: 5).writePNG(to: folder, "D", labelled: true)
    try TinyImages(12, seed: 6).writePNG(to: folder, "U", labelled: false)
    let index = try Command.run("index", "U/", "--out", "x", folder: folder.path)
    #expect(index.code == 0, "\(index.errors)")
    #expect(FileManager.default.fileExists(atPath: folder.path + "/x/catalogue.bin"))
    let written = try Command.run("init", "D", "x/", "--out", "r", folder: folder.path)
    #expect(written.code == 0, "\(written.errors)")
    let plan = try Command.run("run", "r", "--out", "o/", "--dry-run", folder: folder.path)
    #expect(plan.code == 0, "\(plan.errors)")

    try TinyImages(12, seed: 7).writePNG(to: folder, "T", labelled: true)
    try FileManager.default.createDirectory(
      atPath: folder.path + "/e/D", withIntermediateDirectories: true)
    let upwards = try Command.run(
      "init", "../D", "../U", "--test", "../T", "--out", "c.yaml", folder: folder.path + "/e")
    #expect(upwards.code == 0, "\(upwards.errors)")
    #expect(try folder.read("e/c.yaml").contains("labelled: ../D\n"))
    for (recipe, place) in [("c.yaml", "/e"), ("e/c.yaml", "")] {
      let plan = try Command.run("run", recipe, "--dry-run", folder: folder.path + place)
      #expect(plan.output.contains("labelled 24   unlabelled 12"), "\(plan.errors)")
    }
    let elsewhere = try Command.run("init", "D", "U", "--out", "e/b.yaml", folder: folder.path)
    #expect(elsewhere.code == 0, "\(elsewhere.errors)")
    #expect(try folder.read("e/b.yaml").contains("labelled: ../D\n"))
  }

  @Test("an empty argument and a folder for a recipe are refused before anything is read")
  func refused() throws {
    let folder = try TemporaryFolder()
    let empty = try Command.run("init", "d", "", folder: folder.path)
    #expect(empty.code == 64)
    #expect(empty.errors.contains("argument 3 is empty"), "\(empty.errors)")
    let place = try Command.run("init", "d", "u", "--out", ".", folder: folder.path)
    #expect(place.code == 64)
    #expect(place.errors.contains(". is a folder; name the recipe's file: ./recipe.yaml"))
    let missing = try Command.run("init", "d", "u", "--out", "no/r.yaml", folder: folder.path)
    #expect(missing.errors.contains("there is no folder no to write no/r.yaml to"))
  }

  @Test("predict takes folders, standard input, pipes, and names that are not UTF-8")
  func predict() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "a")
    try TinyImages(4, seed: 8).writePNG(to: tiny.folder, "t", labelled: false)
    let picture = try Data(contentsOf: URL(fileURLWithPath: tiny.folder.path + "/t/1.png"))
    try DurableFile.write(picture, to: tiny.folder.path + #"/caf\xE9.png"#)
    let shell = """
      m=runs/a/1-teacher; one() { sed 's/^[^:]*: //'; }
      "$1" predict $m t | cut -d: -f1; echo
      "$1" predict $m t/1.png | one
      "$1" predict $m - < t/1.png | one
      cat t/1.png | "$1" predict $m /dev/stdin | one
      "$1" predict $m "$(printf 'caf\\351.png')" | one
      "$1" predict $m "$(printf 'caf\\351.png')" | cut -d: -f1
      printf '' | "$1" predict $m - 2>&1; echo $?
      """
    let outcome = try Command.run([], folder: tiny.folder.path, shell: shell)
    let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false).map(
      String.init)
    try #require(lines.count == 13, "\(outcome.output)\(outcome.errors)")
    #expect(lines[..<4] == ["t/0.png", "t/1.png", "t/2.png", "t/3.png"])
    #expect(Set(lines[5..<9]).count == 1 && !lines[5].isEmpty, "\(lines)")
    #expect(lines[9] == #"caf\xE9.png"#)
    #expect(lines[10] == "halcyon: /dev/stdin: nothing came")
    #expect(lines[11] == "65")
  }

  @Test("predict says what is no picture file, and which pipe it waits for")
  func otherFiles() throws {
    let tiny = try TinyRun()
    try tiny.finish("train-teacher", "a", ["baseline.enabled=false"])
    try TinyImages(1, seed: 8).writePNG(to: tiny.folder, "t", labelled: false)
    let shell = """
      m=runs/a/1-teacher; mkfifo p
      "$1" predict $m /dev/zero /dev/null 2>&1; echo $?
      (sleep 3; cat t/0.png >p) & "$1" predict $m p 2>&1 | sed 's/: .*%/: …/'
      "$1" predict $m - < /dev/null 2>&1
      "$1" predict $m - <&- 2>&1
      "$1" predict $m no.csv 2>&1
      "$1" predict $m t/0.png https://example.org/0.png 2>&1 | sed 's/^t.*/t/'
      """
    let outcome = try Command.run([], folder: tiny.folder.path, shell: shell)
    #expect(
      outcome.output == """
        halcyon: /dev/zero: a device, not a regular file
        halcyon: /dev/null: a device, not a regular file
        halcyon: 2 of 2 pictures cannot be read
        65
        halcyon: p is a pipe from which nothing has come yet; waiting for its picture
        p: …
        halcyon: /dev/stdin: nothing came
        halcyon: /dev/stdin: nothing is open there
        halcyon: cannot open data set no.csv: there is no such file or folder
        t
        halcyon: https://example.org/0.png: No such file or directory; it is an address; pictures have \
        to be files on this machine
        halcyon: 1 of 2 pictures cannot be read

        """, "\(outcome.output)\(outcome.errors)")
  }

  @Test("a model, pictures and an index whose folders' names are not UTF-8")
  func foldersOfBytes() throws {
    let tiny = try TinyRun()
    try TinyImages(24, seed: 5).writePNG(to: tiny.folder, "d", labelled: true)
    try TinyImages(12, seed: 6).writePNG(to: tiny.folder, "u", labelled: false)
    let shell = """
      for n in d u; do mv $n "$(printf "$n\\351")"; done
      d="$(printf 'd\\351')"; u="$(printf 'u\\351')"; o="$(printf 'o\\351')"
      "$1" index "$u" --out "$u.index" --json > /dev/null && test -f "$u.index/catalogue.bin" || exit 1
      "$1" init "$d" "$u.index" --out "$o.yaml" > /dev/null || exit 2
      "$1" run "$o.yaml" --dry-run | grep -o 'labelled 24   unlabelled 12' || exit 3
      "$1" train-teacher tiny.yaml --out "$o" --set data.labelled="$d" --set data.labelledSplit=null \
        --set data.labelledCount=null --set data.unlabelled="$u" --set baseline.enabled=false \
        --set data.unlabelledSplit=null --set data.test=null --set data.testSplit=null > /dev/null || exit 4
      test -f "$o/1-teacher/model.safetensors" || exit 5
      grep 'labelled:' "$o/recipe.yaml" || exit 6
      "$1" predict "$o/1-teacher" "$u" | wc -l
      "$1" evaluate "$o/1-teacher" "$d" | grep pictures
      """
    let outcome = try Command.run([], folder: tiny.folder.path, shell: shell)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(outcome.output.contains(#"/d\\xE9""#), "\(outcome.output)")
    #expect(outcome.output.contains("\n12\n"), "\(outcome.output)")
  }
}
