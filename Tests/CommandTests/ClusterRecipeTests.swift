import Files
import Foundation
import Recipes
import TestSupport
import Testing
import Yams

@Suite("Recipes for clusters")
struct ClusterRecipeTests {
  private static let recipes =
    (#filePath as NSString).deletingLastPathComponent + "/../../Recipes/cluster"

  /// Does at once what Slurm's does when there is room: each task with the variables of its array.
  private static let sbatch = """
    #!/bin/sh
    tasks=1
    for argument; do
      case $argument in --array=0-*) tasks=$((${argument#--array=0-} + 1)) ;; esac
      last=$argument
    done
    number=$(($(cat jobs 2>/dev/null || echo 0) + 1))
    echo $number >jobs
    echo "$@" >>submitted
    task=0
    while [ $task -lt $tasks ]; do
      if [ $tasks -gt 1 ]; then
        export SLURM_ARRAY_TASK_ID=$task SLURM_ARRAY_TASK_COUNT=$tasks SLURM_ARRAY_TASK_MIN=0
        export SLURM_ARRAY_TASK_MAX=$((tasks - 1)) SLURM_ARRAY_TASK_STEP=1
      fi
      /bin/sh -c "$last" >>log 2>&1 || { echo "job $number failed" >&2; exit 1; }
      task=$((task + 1))
    done
    echo $number
    """

  @Test("the Slurm script takes shards through every stage to the report")
  func slurm() throws {
    let tiny = try TinyRun()
    let pictures = TinyPictures(240, seed: 3)
    for shard in 0..<6 {
      var tar = RawTar()
      for index in shard * 40..<(shard + 1) * 40 {
        tar.append("\(index).png", TinyPictures.png(pictures.pixels[index]))
      }
      tar.end()
      try tiny.folder.write(tar.data, to: "shards/0\(shard).tar")
    }
    try tiny.folder.write(
      TinyRun.recipe.replacing("unlabelled: rest", with: "unlabelled: ${OCEAN}")
        .replacing("long: true", with: "enabled: false"), to: "ocean.yaml")
    try tiny.folder.write(Self.sbatch, to: "bin/sbatch")
    let path = tiny.folder.path
    chmod("\(path)/bin/sbatch", 0o755)

    let script = Process(), output = Pipe()
    script.executableURL = URL(fileURLWithPath: Self.recipes + "/slurm.sh")
    script.arguments = ["ocean.yaml", "\(path)/shards/{00..05}.tar", "3", "run"]
    script.currentDirectoryURL = URL(fileURLWithPath: path)
    script.environment = ProcessInfo.processInfo.environment.merging([
      "PATH": "\(path)/bin:/usr/bin:/bin", "HALCYON": try Command.executable(),
      "OCEAN": "\(path)/ocean.index",
    ]) { $1 }
    script.standardOutput = output
    try script.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    script.waitUntilExit()
    let log = (try? tiny.folder.read("log")) ?? ""
    #expect(script.terminationStatus == 0, "\(text)\(log)")
    #expect(text.contains("run/report.html"))
    for file in ["ocean.index", "run/report.html", "run/summary.json", "run/4-fine-tuned"] {
      #expect(FileManager.default.fileExists(atPath: "\(path)/\(file)"), "\(file)")
    }
    let jobs = try tiny.folder.read("submitted")
    #expect(jobs.contains("--array=0-2"))
    #expect(jobs.contains("--dependency=afterok:2"))
    // Only an array's tasks have a number in it.
    for line in jobs.split(separator: "--parsable") {
      let log = line.contains("--array=") ? "run-logs/%x-%A-%a.log" : "run-logs/%x-%j.log"
      #expect(line.contains("--output=\(log)"), "\(line)")
    }
  }

  @Test("Kubernetes' jobs are what its API accepts: no restarts where attempts are counted")
  func jobs() throws {
    let text = try String(contentsOfFile: Self.recipes + "/kubernetes.yaml", encoding: .utf8)
    let list = try #require(try Yams.load(yaml: text) as? [String: Any])
    let jobs = try #require(list["items"] as? [[String: Any]])
    #expect(jobs.count == 6)
    for job in jobs {
      let spec = try #require(job["spec"] as? [String: Any])
      let template = try #require(spec["template"] as? [String: Any])
      let pod = try #require(template["spec"] as? [String: Any])
      if spec["backoffLimitPerIndex"] != nil || spec["podFailurePolicy"] != nil {
        #expect(pod["restartPolicy"] as? String == "Never")
      }
      let policy = try #require(spec["podFailurePolicy"] as? [String: Any])
      let rules = try #require(policy["rules"] as? [[String: Any]])
      #expect(rules.allSatisfy { $0["action"] as? String == "Ignore" })
      let conditions = rules.compactMap { $0["onPodConditions"] as? [[String: Any]] }.joined()
      #expect(conditions.contains { $0["type"] as? String == "DisruptionTarget" })
      let containers = try #require(pod["containers"] as? [[String: Any]])
      #expect(containers.count == 1)
      for key in ["image", "args", "env", "volumeMounts", "resources"] {
        #expect(containers.first?[key] != nil, "\(key)")
      }
      let metadata = try #require(job["metadata"] as? [String: Any])
      let stage = try #require((metadata["labels"] as? [String: String])?["stage"])
      #expect(metadata["name"] as? String == "halcyon-\(stage)")
    }
    let score = try #require(jobs[2]["spec"] as? [String: Any])
    #expect(score["completionMode"] as? String == "Indexed")
    #expect(score["backoffLimitPerIndex"] as? Int == 10)
    #expect(score["completions"] as? Int == 64)
  }

  /// Says of each job at first that it runs, then what `outcome-STAGE` says, or that it is complete.
  private static let kubectl = """
    #!/bin/sh
    echo "$@" >>asked
    case $1 in
      create) cat "${4#--from-file=ocean.yaml=}" ;;
      apply) [ "$3" != - ] || cat >/dev/null; [ ! -e "broken-${5#stage=}" ] ;;
      get)
        stage=${2#job/halcyon-}
        [ -e "seen-$stage" ] || { touch "seen-$stage"; exit; }
        cat "outcome-$stage" 2>/dev/null || printf 'SuccessCriteriaMet Complete' ;;
    esac
    """

  @Test(
    "the Kubernetes script waits for each job and ends with the first that fails",
    arguments: [
      (fault: "", last: "fine-tune"), (fault: "outcome-score", last: "score"),
      (fault: "broken-select", last: "select"),
    ])
  func kubernetes(fault: String, last: String) throws {
    let folder = try TemporaryFolder()
    try folder.write(Self.kubectl, to: "kubectl")
    chmod("\(folder.path)/kubectl", 0o755)
    if !fault.isEmpty { try folder.write("FailureTarget Failed", to: fault) }
    let script = Process(), errors = Pipe()
    script.executableURL = URL(fileURLWithPath: Self.recipes + "/kubernetes.sh")
    script.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    script.environment = ProcessInfo.processInfo.environment.merging([
      "KUBECTL": "\(folder.path)/kubectl", "PAUSE": "0",
    ]) { $1 }
    script.standardError = errors
    try script.run()
    let said = String(
      decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    script.waitUntilExit()
    #expect((script.terminationStatus == 0) == fault.isEmpty, "\(said)")
    if fault.hasPrefix("outcome") { #expect(said.contains("\(last) failed")) }
    let asked = try folder.read("asked").split(separator: "\n")
    #expect(asked.last?.contains(last) == true, "\(asked)")
    let applied = asked.filter { $0.hasPrefix("apply") }.compactMap {
      $0.split(separator: "stage=").dropFirst().last
    }
    let stages = ["index", "teacher", "score", "select", "pretrain", "fine-tune"]
    #expect(applied.map(String.init) == Array(stages.prefix { $0 != last }) + [last])
  }

  @Test("an image is made without the history, other machines' builds and results")
  func ignored() throws {
    let text = try String(contentsOfFile: Self.recipes + "/../../.dockerignore", encoding: .utf8)
    let lines = Set(text.split(separator: "\n").map(String.init))
    let needless = [".git", "**/.build", "**/.venv", ".libtorch", ".parquet", "runs"]
    #expect(lines.isSuperset(of: needless))
  }
}
