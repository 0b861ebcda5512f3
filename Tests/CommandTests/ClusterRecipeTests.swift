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

  /// Starts the tasks of a step at the same time, as Slurm's does on the machines of a job.
  private static let srun = """
    #!/bin/sh
    for argument; do
      case $argument in --ntasks=*) count=${argument#--ntasks=} ;; esac
    done
    while case $1 in -*) true ;; *) false ;; esac; do shift; done
    echo "$count $*" >>steps
    export SLURM_STEP_ID=0 SLURM_STEP_NUM_TASKS=$count SLURM_STEP_NODELIST=localhost
    export SLURM_STEP_TASKS_PER_NODE=$count
    task=0 tasks=
    while [ $task -lt $count ]; do
      SLURM_PROCID=$task SLURM_LOCALID=$task "$@" &
      task=$((task + 1)) tasks="$tasks $!"
    done
    highest=0
    for task in $tasks; do
      wait $task || { code=$?; [ $code -le $highest ] || highest=$code; }
    done
    exit $highest
    """

  /// A run whose batches have four parts, and its shards.
  private func ocean() throws -> TinyRun {
    let tiny = try TinyRun()
    let pictures = TinyImages(240, seed: 3)
    for shard in 0..<6 {
      var tar = RawTar()
      for index in shard * 40..<(shard + 1) * 40 {
        tar.append("\(index).png", TinyImages.png(pictures.pixels[index]))
      }
      tar.end()
      try tiny.folder.write(tar.data, to: "shards/0\(shard).tar")
    }
    try tiny.folder.write(
      TinyRun.recipe.replacing("unlabelled: rest", with: "unlabelled: ${OCEAN}")
        .replacing("    accumulate: 2\n", with: "")
        .replacing("    batch: 16\n", with: "    batch: 16\n    accumulate: 4\n")
        .replacing("batch: 16, learning", with: "batch: 16, accumulate: 4, learning")
        .replacing("long: true", with: "enabled: false"), to: "ocean.yaml")
    return tiny
  }

  /// Writes programs that stand for a cluster's.
  private func write(_ programs: [String: String], to folder: TemporaryFolder) throws {
    for (name, text) in programs {
      try folder.write(text, to: "bin/\(name)")
      chmod("\(folder.path)/bin/\(name)", 0o755)
    }
  }

  /// Runs a script of the recipes in `folder`; what it printed to both its outputs.
  private func script(
    _ name: String, _ arguments: [String], in folder: TemporaryFolder,
    environment: [String: String]
  ) throws -> (status: Int32, output: String) {
    let script = Process(), output = Pipe()
    script.executableURL = URL(fileURLWithPath: Self.recipes + "/" + name)
    script.arguments = arguments
    script.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    script.environment = ProcessInfo.processInfo.environment.merging([
      "PATH": "\(folder.path)/bin:/usr/bin:/bin", "HALCYON": try Command.executable(),
    ]) { $1 }.merging(environment) { $1 }
    script.standardOutput = output
    script.standardError = output
    try script.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    script.waitUntilExit()
    return (script.terminationStatus, text)
  }

  @Test(
    "the Slurm script takes shards through every stage to the report, whoever trains",
    arguments: [1, 2])
  func slurm(trainers: Int) throws {
    let tiny = try ocean()
    try write(["sbatch": Self.sbatch, "srun": Self.srun], to: tiny.folder)
    let path = tiny.folder.path
    let (status, text) = try script(
      "slurm.sh", ["ocean.yaml", "\(path)/shards/{00..05}.tar", "3", "run"], in: tiny.folder,
      environment: [
        "OCEAN": "\(path)/ocean.index", "TRAINERS": "\(trainers)",
        "MASTER_PORT": "\(try FreePort.find())",
      ])
    let log = (try? tiny.folder.read("log")) ?? ""
    #expect(status == 0, "\(text)\(log)")
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
    #expect(jobs.contains("--nodes=2") == (trainers == 2))
    guard trainers > 1 else { return }
    let steps = try tiny.folder.read("steps").split(separator: "\n")
    #expect(steps.count == 3 && steps.allSatisfy { $0.hasPrefix("2 ") })
    #expect(log.contains("2 processes (Gloo) meet at localhost:"), "\(log)")
  }

  @Test("Slurm's jobs are queued again after a stop, and a few times after a machine's fault")
  func requeued() throws {
    let folder = try TemporaryFolder()
    try write(
      [
        "sbatch": "#!/bin/sh\nfor last; do :; done\necho \"$last\" >job\necho 1\n",
        "scontrol": "#!/bin/sh\necho \"$@\" >>requeued\n", "halcyon": "#!/bin/sh\nexit $CODE\n",
      ], to: folder)
    let submitted = try script(
      "slurm.sh", ["ocean.yaml", "shards", "3", "run"], in: folder,
      environment: ["OCEAN": "index", "HALCYON": folder.path + "/bin/halcyon"])
    #expect(submitted.status == 0, "\(submitted.output)")
    func run(_ code: Int, restarts: Int) throws -> (status: Int32, isRequeued: Bool) {
      unlink(folder.path + "/requeued")
      let job = Process()
      job.executableURL = URL(fileURLWithPath: "/bin/bash")
      job.arguments = ["job"]
      job.currentDirectoryURL = URL(fileURLWithPath: folder.path)
      job.environment = [
        "PATH": "\(folder.path)/bin:/usr/bin:/bin", "CODE": "\(code)", "SLURM_JOB_ID": "7",
        "SLURM_RESTART_COUNT": "\(restarts)",
      ]
      try job.run()
      job.waitUntilExit()
      return (job.terminationStatus, (try? folder.read("requeued")) == "requeue 7\n")
    }
    for (code, restarts, isRequeued) in [
      (0, 0, false), (75, 0, true), (75, 99, true), (64, 0, false), (65, 0, false), (70, 0, false),
      (69, 0, true), (69, 3, false), (74, 0, true), (137, 2, true), (137, 3, false), (128, 0, true),
      (255, 0, true),
    ] {
      let found = try run(code, restarts: restarts)
      #expect(found.isRequeued == isRequeued, "exit code \(code) after \(restarts) restarts")
      if !isRequeued { #expect(found.status == Int32(code)) }
    }
  }

  private static let torchrun =
    (#filePath as NSString).deletingLastPathComponent + "/../../.venv/bin/torchrun"

  @Test(
    "torchrun takes a whole run through every stage, training included",
    .enabled(if: FileManager.default.isExecutableFile(atPath: torchrun), "no torchrun in .venv"))
  func wholeRun() throws {
    let tiny = try ocean()
    let path = tiny.folder.path
    let index = try Command.run(
      "index", "\(path)/shards/{00..05}.tar", "--out", "\(path)/ocean.index")
    #expect(index.code == 0, "\(index.errors)")
    let (status, output) = try script(
      "torchrun.sh", ["ocean.yaml", "run"], in: tiny.folder,
      environment: [
        "OCEAN": "\(path)/ocean.index", "TORCHRUN": Self.torchrun, "PROCESSES": "2",
        "HEAD": "localhost:\(try FreePort.find())",
      ])
    #expect(status == 0, "\(output)")
    #expect(output.contains("2 processes (Gloo)"), "\(output)")
    #expect(FileManager.default.fileExists(atPath: "\(path)/run/report.html"))
  }

  @Test(
    "the pods of Kubernetes' jobs take a whole run through every stage, four that train together")
  func pods() throws {
    let tiny = try ocean()
    let path = tiny.folder.path
    let port = try FreePort.find()
    // A pod's paths as this machine's, and fewer pods that score.
    let text = try String(contentsOfFile: Self.recipes + "/kubernetes.yaml", encoding: .utf8)
      .replacing("/recipe/ocean.yaml", with: "\(path)/ocean.yaml")
      .replacing("{00000..09999}", with: "{00..05}")
      .replacing("/ocean/shards", with: "\(path)/shards")
      .replacing("/ocean/index", with: "\(path)/ocean.index")
      .replacing("/ocean/runs/ocean", with: "\(path)/run")
      .replacing("29500", with: "\(port)")
      .replacing(": 64\n", with: ": 3\n").replacing("\"64\"", with: "\"3\"")
    let list = try #require(try Yams.load(yaml: text) as? [String: Any])
    let items = try #require(list["items"] as? [[String: Any]])
    let service = try #require(items.first { $0["kind"] as? String == "Service" })
    let serviceName = try #require((service["metadata"] as? [String: Any])?["name"] as? String)
    let selector = try #require(
      (service["spec"] as? [String: Any])?["selector"] as? [String: String])
    for job in items where job["kind"] as? String == "Job" {
      let name = try #require((job["metadata"] as? [String: Any])?["name"] as? String)
      let spec = try #require(job["spec"] as? [String: Any])
      let template = try #require(spec["template"] as? [String: Any])
      let pod = try #require(template["spec"] as? [String: Any])
      let container = try #require((pod["containers"] as? [[String: Any]])?.first)
      let count = spec["completions"] as? Int ?? 1
      #expect(spec["parallelism"] as? Int ?? 1 == count)
      let commands = try (0..<count).map { index in
        var environment = ["JOB_COMPLETION_INDEX": "\(index)"]
        for variable in try #require(container["env"] as? [[String: Any]]) {
          let key = try #require(variable["name"] as? String)
          environment[key] = variable["value"] as? String ?? "\(index)"
        }
        if let address = environment["MASTER_ADDR"] {
          // The name that the service gives the first pod, and all others find it by.
          #expect(address == "\(name)-0.\(serviceName)")
          #expect(pod["subdomain"] as? String == serviceName)
          #expect(
            (template["metadata"] as? [String: Any])?["labels"] as? [String: String] == selector)
          #expect(environment["WORLD_SIZE"] == "\(count)")
          environment["MASTER_ADDR"] = "127.0.0.1"
        }
        return try Command(
          try #require(container["args"] as? [String]), environment: environment, folder: path)
      }
      for command in commands {
        let outcome = try command.wait()
        #expect(outcome.code == 0, "\(name): \(outcome.errors)")
      }
    }
    #expect(FileManager.default.fileExists(atPath: "\(path)/run/report.html"))
  }

  @Test("Kubernetes' jobs are what its API accepts: no restarts where attempts are counted")
  func jobs() throws {
    let text = try String(contentsOfFile: Self.recipes + "/kubernetes.yaml", encoding: .utf8)
    let list = try #require(try Yams.load(yaml: text) as? [String: Any])
    let items = try #require(list["items"] as? [[String: Any]])
    let jobs = items.filter { $0["kind"] as? String == "Job" }
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
