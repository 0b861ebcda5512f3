import Foundation
import Recipes
import TestSupport
import Testing

@Suite("In a shell")
struct ShellTests {
  /// What bash offers for the last of `words`, in a folder with `birds/` and `birds.yaml`.
  private func completions(of words: [String]) throws -> Set<String> {
    let folder = try TemporaryFolder()
    try folder.write("", to: "birds.yaml")
    try folder.write("", to: "birds/a.jpg")
    let script = try Command.run("--generate-completion-script", "bash")
    #expect(script.code == 0)
    try folder.write(
      script.output + """

        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        _halcyon "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
        printf '%s\\n' "${COMPREPLY[@]}" >offered
        """, to: ".complete")
    let bash = Process()
    bash.executableURL = URL(fileURLWithPath: "/bin/bash")
    bash.arguments = [".complete", "halcyon"] + words
    bash.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    try bash.run()
    bash.waitUntilExit()
    return Set(try folder.read("offered").split(separator: "\n").map(String.init))
  }

  @Test(
    "files are offered where a recipe, a model, pictures or an index are wanted",
    arguments: [
      ["run"], ["score"], ["evaluate", "model"], ["predict", "model"],
      ["predict", "model", "a.jpg"],
      ["init"], ["init", "d"], ["init", "d", "u", "--out"], ["index"], ["report"],
      ["select", "run", "--tags"],
    ])
  func files(words: [String]) throws {
    #expect(try completions(of: words + ["bi"]) == ["birds", "birds.yaml"])
  }

  @Test(
    "folders alone are offered where only a folder will do",
    arguments: [
      ["evaluate"], ["predict"], ["inspect"], ["run", "r.yaml", "--out"], ["index", "u", "--out"],
      ["select", "run", "--to"], ["materialize", "run", "--to"], ["score", "run", "--claim"],
    ])
  func folders(words: [String]) throws {
    #expect(try completions(of: words + ["bi"]) == ["birds"])
  }

  @Test("devices, precisions, strategies, keys and networks are offered")
  func words() throws {
    #expect(try completions(of: ["run", "r", "--device", ""]) == ["auto", "cpu", "cuda"])
    #expect(try completions(of: ["predict", "m", "--device", "c"]) == ["cpu", "cuda"])
    #expect(
      try completions(of: ["evaluate", "m", "--precision", ""]) == ["auto", "bf16", "float32"])
    #expect(try completions(of: ["launch", "-n", "2", "sc"]) == ["score"])
    #expect(try completions(of: ["select", "r", "--strategy", "t"]) == ["tags", "tagsRanked"])
    #expect(
      try completions(of: ["run", "r", "--set", "ranking.images"]) == ["ranking.imagesPerClass="])
    #expect(
      try completions(of: ["run", "r", "--set", "teacher.model=resnet1"])
        == Set(["resnet14", "resnet18", "resnet101", "resnet101d"].map { "teacher.model=\($0)" }))
  }

  private static func isThere(_ shell: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: "/usr/bin/\(shell)")
  }

  /// Lines of a command, each with what is offered for its last word, in a folder with `birds/` and
  /// `birds.yaml`.
  private static let offered: [(line: String, words: [String])] = [
    ("halcyon pre", ["predict", "pretrain"]),
    ("halcyon run bi", ["birds", "birds.yaml"]), ("halcyon evaluate bi", ["birds"]),
    ("halcyon predict m a.jpg bi", ["birds", "birds.yaml"]), ("halcyon run r --out bi", ["birds"]),
    ("halcyon run r --device ", ["auto", "cpu", "cuda"]),
    ("halcyon select r --strategy t", ["tags", "tagsRanked"]),
    ("halcyon run r --set ranking.images", ["ranking.imagesPerClass="]),
  ]

  /// What the program `shell` writes of the completions, a word a line.
  private func completions(
    in shell: String, _ arguments: (_ folder: TemporaryFolder, _ script: String) throws -> [String]
  ) throws -> [String] {
    let folder = try TemporaryFolder()
    try folder.write("", to: "files/birds.yaml")
    try folder.write("", to: "files/birds/a.jpg")
    let script = try Command.run("--generate-completion-script", shell).output
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
    process.arguments = try ["60", "/usr/bin/\(shell)"] + arguments(folder, script)
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path + "/files")
    let output = folder.path + "/output"
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: output))
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return try folder.read("output").split(separator: "\n").map(String.init)
  }

  @Test("fish offers the same", .enabled(if: isThere("fish")))
  func fish() throws {
    for (line, words) in Self.offered {
      let found = try completions(in: "fish") { folder, script in
        try folder.write(script, to: "halcyon.fish")
        return ["--no-config", "-c", "source ../halcyon.fish; complete -C '\(line)'"]
      }
      let offered = found.map { $0.prefix { $0 != "\t" && $0 != "/" } }
      #expect(Set(offered.map(String.init)) == Set(words), "\(line): \(found)")
    }
  }

  /// A zsh in a terminal of its own that writes down what is added to the completions.
  private static let zshScript = #"""
    zmodload zsh/zpty
    zpty z zsh -f -i
    zpty -w z 'PROMPT=; fpath=(.. $fpath); autoload -Uz compinit; compinit -u -D; stty -echo'
    zpty -w z 'compadd () { if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
      typeset -a hits; builtin compadd -A hits "$@"; for h in $hits; do print -r -- "HIT:$h"; done
      builtin compadd "$@" }'
    zpty -w z 'bindkey "^I" complete-word; echo READY'
    zpty -r z out '*READY*'
    for line; do
      zpty -n -w z "$line"$'\t'
      integer i=0
      while (( i++ < 10 )); do
        while zpty -r -t z out; do print -r -- "$out" | tr -d '\r' | grep -o 'HIT:.*'; done
        sleep 0.1
      done
      zpty -n -w z $'\C-u'
    done
    zpty -d z
    """#

  @Test("zsh offers the same", .enabled(if: isThere("zsh")))
  func zsh() throws {
    for (line, words) in Self.offered {
      let found = try completions(in: "zsh") { folder, script in
        try folder.write(script, to: "_halcyon")
        try folder.write(Self.zshScript, to: "capture.zsh")
        return ["-f", "../capture.zsh", line]
      }
      #expect(Set(found.map { String($0.dropFirst(4)) }) == Set(words), "\(line): \(found)")
    }
  }

  @Test(
    "what other programs call a choice is led to ours, exit 64",
    arguments: [
      (["evaluate", "m", "d", "--device", "gpu"], "auto, cpu or cuda; did you mean cuda?"),
      (["run", "r.yaml", "--device", "GPU"], "auto, cpu or cuda; did you mean cuda?"),
      (["predict", "m", "a.jpg", "--precision", "fp16"], "float32; did you mean bf16?"),
      (["predict", "m", "a.jpg", "--precision", "bfloat16"], "float32; did you mean bf16?"),
      (["predict", "m", "a.jpg", "--precision", "fp32"], "float32; did you mean float32?"),
      (["select", "r", "--strategy", "tags-ranked"], "tagsRanked; did you mean tagsRanked?"),
      (["select", "r", "--strategy", "balance"], "did you mean balanced?"),
    ])
  func otherNames(words: [String], hint: String) throws {
    let outcome = try Command.run(words)
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains(hint), "\(outcome.errors)")
    #expect(outcome.output == "")
  }

  @Test("a recipe's device: gpu is led to cuda")
  func recipe() throws {
    let tiny = try TinyRun()
    let outcome = try tiny.run("run", "a", ["device=gpu"])
    #expect(outcome.code == 64)
    #expect(outcome.errors.contains("auto, cpu or cuda, not gpu; did you mean cuda?"))
  }

  @Test("the system's lists call the process halcyon, also after it has started itself again")
  func processName() throws {
    let tiny = try TinyRun()
    let command = try Command(
      tiny.arguments("run", "a"), environment: ["OMP_WAIT_POLICY": "", "GOMP_SPINCOUNT": ""],
      shell: #"unset OMP_WAIT_POLICY GOMP_SPINCOUNT; exec "$@""#)
    try #require(command.wait { tiny.has("a", "1-teacher") })
    let name = try String(
      contentsOfFile: "/proc/\(command.process.processIdentifier)/comm", encoding: .utf8)
    #expect(name == "halcyon\n")
    command.send(SIGTERM)
    #expect(try command.wait().code == 75)
  }
}
