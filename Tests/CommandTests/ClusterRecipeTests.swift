import Files
import Foundation
import Testing

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
  }
}
