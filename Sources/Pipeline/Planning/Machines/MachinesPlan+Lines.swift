import Files

extension MachinesPlan {
  /// The plan for people.
  var lines: [String] {
    let title = machines == 1 ? "on one machine:" : "on \(Format.count(machines)) machines:"
    var rows = [
      ["stage", "machines", "time", "machine-hours"] + (price == nil ? [] : ["money"])
        + ["network", "read", "written"]
    ]
    for stage in stages {
      rows.append(
        [
          stage.stage, Format.count(stage.machines), Format.period(stage.seconds),
          Self.hours(stage.machineHours),
        ] + (stage.price.map { [Self.money($0)] } ?? [])
          + [stage.networkBytes, stage.readBytes, stage.writtenBytes].map(Format.bytes))
    }
    rows.append(
      ["in all", "", Format.period(seconds), Self.hours(machineHours)]
        + (price.map { [Self.money($0)] } ?? [])
        + [\Stage.networkBytes, \.readBytes, \.writtenBytes].map { path in
          Format.bytes(stages.reduce(0) { $0 + $1[keyPath: path] })
        })
    return [title] + Self.columns(rows).map { "  " + $0 } + details.map { "  " + $0 }
      + ["  from:"] + constants.map { "    \($0.name) \($0.value) (\($0.source))" }
      + ["  not modelled:"] + notModelled.map { "    \($0)" }
  }

  /// What the steps are made of, and what holds a stage up.
  private var details: [String] {
    stages.flatMap { stage -> [String] in
      var lines: [String] = []
      if let step = stage.step {
        let exposed = step.reduceSeconds - step.hiddenSeconds
        let reduced =
          step.machines > 1
          ? "; all-reduce \(Self.moment(step.reduceSeconds)), \(Format.bytes(step.sentBytes)) from each, "
            + "of which \(Self.moment(exposed)) not hidden by the backward pass" : ""
        lines.append(
          "\(stage.stage): a step \(Self.moment(step.seconds)): "
            + "\(Format.counted(step.pictures, "picture", "pictures")) a machine "
            + Self.moment(step.computeSeconds) + reduced)
      }
      if let shards = stage.shards, let most = stage.mostShards {
        let even = Double(shards) / Double(stage.machines)
        let tail = 100 * (Double(most) / even - 1)
        lines.append(
          "\(stage.stage): \(Format.count(shards)) shards, at most \(Format.count(most)) a machine: "
            + "the last ones make it \(Format.fixed(tail, 1)) % longer than an even division")
      }
      if stage.waitsForPictures {
        lines.append("\(stage.stage): reading, not computing, makes it that long")
      }
      return lines
    }
  }

  private static func hours(_ hours: Double) -> String {
    hours < 10 ? Format.fixed(hours, 2) : Format.count(hours)
  }

  private static func money(_ money: Double) -> String {
    money < 100 ? Format.fixed(money, 2) : Format.count(money)
  }

  /// Seconds or milliseconds.
  private static func moment(_ seconds: Double) -> String {
    seconds < 1
      ? "\(Format.significant(seconds * 1000, 3)) ms" : "\(Format.significant(seconds, 3)) s"
  }

  /// Cells in columns: the first to the left, numbers to the right.
  private static func columns(_ rows: [[String]]) -> [String] {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      zip(row, widths).enumerated().map { column, cell in
        let space = String(repeating: " ", count: cell.1 - cell.0.count)
        return column == 0 ? cell.0 + space : space + cell.0
      }.joined(separator: "  ")
    }
  }
}
