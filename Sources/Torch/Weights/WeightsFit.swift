/// How the tensors of a file fit those of a network: known from names, types and shapes alone.
public struct WeightsFit: Sendable {
  /// What the network has and the file has not.
  public private(set) var missing: [(name: String, shape: [Int])] = []
  /// What both have, in different shapes.
  public private(set) var misshapen: [(name: String, found: [Int], wanted: [Int])] = []
  /// What the network needs and the file has in numbers that are not floats, with their type.
  public private(set) var unreadable: [(name: String, type: String)] = []
  /// Weights that the network has not.
  public private(set) var extra: [(name: String, shape: [Int])] = []
  /// The beginning of the file's names, such as `module.`.
  public let prefix: String
  private let some: [String]

  /// Compares `file`, whose names begin with `prefix`, with the tensors of `weights`.
  ///
  /// The counters of batches that PyTorch keeps, the moments of a checkpoint and whatever is not of
  /// floats is no weight and may be there besides.
  public init(
    of file: any WeightsFile, to weights: ParameterStore, prefix: String = "",
    skipping: (String) -> Bool = { _ in false }
  ) {
    self.prefix = prefix
    some = Array(file.names.prefix(3))
    for (name, tensor) in weights.state where !skipping(name) {
      guard let shape = file.shape(of: prefix + name) else {
        missing.append((name, tensor.shape))
        continue
      }
      if shape != tensor.shape { misshapen.append((name, shape, tensor.shape)) }
      let dtype = file.dtype(of: prefix + name)
      if dtype?.isFloatingPoint != true {
        unreadable.append((name, dtype.map { "\($0)" } ?? file.typeName(of: prefix + name) ?? "?"))
      }
    }
    let known = Set(weights.state.map { prefix + $0.name })
    let others = file.names.filter { name in
      guard !known.contains(name), file.dtype(of: name)?.isFloatingPoint == true else {
        return false
      }
      let isBookkeeping =
        name.hasSuffix(".num_batches_tracked")
        || ["momentum.", "mean.", "square.", "average.", "curriculum."].contains {
          name.hasPrefix($0)
        }
      return !isBookkeeping
        && !(name.hasPrefix(prefix) && skipping(String(name.dropFirst(prefix.count))))
    }
    extra = others.map { ($0, file.shape(of: $0) ?? []) }
  }

  /// Whether the weights can be taken from the file.
  public var isWhole: Bool {
    missing.isEmpty && misshapen.isEmpty && unreadable.isEmpty && extra.isEmpty
  }

  /// What does not fit, a clause for each tensor, with its shapes.
  public var misfits: [String] {
    missing.map { "\($0.name) \($0.shape) is missing" }
      + misshapen.map { "\($0.name) is \($0.found) and should be \($0.wanted)" }
      + unreadable.map { "\($0.name) is of \($0.type), not of floats" }
      + extra.map { "\($0.name) \($0.shape) is not the network's" }
  }

  /// What does not fit, on one line; empty where all does.
  public var reason: String {
    func few(_ names: [String]) -> String {
      names.prefix(3).joined(separator: ", ")
        + (names.count > 3 ? ", … (\(names.count) in all)" : "")
    }
    func others(_ count: Int) -> String {
      count > 1 ? ", and \(count - 1) more" : ""
    }
    if some.isEmpty { return "it holds no tensors" }
    var parts: [String] = []
    if !missing.isEmpty { parts.append("it has no tensor \(few(missing.map(\.name)))") }
    if let first = misshapen.first {
      parts.append(
        "\(first.name) has the shape \(first.found), the network wants \(first.wanted)"
          + others(misshapen.count))
    }
    if let first = unreadable.first {
      parts.append("\(first.name) is of \(first.type), not of floats" + others(unreadable.count))
    }
    if !extra.isEmpty {
      parts.append(
        "it has \(few(extra.map(\.name))), which the network has not: weights of another network?")
    }
    if !missing.isEmpty { parts.append("its names are \(some.joined(separator: ", ")), …") }
    return parts.joined(separator: "; ")
  }

  /// What the names of `file` begin with before those of `weights`: nothing, `module.` (of
  /// DataParallel), `_orig_mod.` (of torch.compile) or another; nil where no beginning does.
  public static func prefix(
    of file: any WeightsFile, for weights: ParameterStore,
    skipping: (String) -> Bool = { _ in false }
  ) -> String? {
    let wanted = weights.state.map(\.name).filter { !skipping($0) }
    guard let first = wanted.first else { return "" }
    let candidates = file.names.filter { $0 == first || $0.hasSuffix("." + first) }
      .map { String($0.dropLast(first.count)) }
    return candidates.first { prefix in
      wanted.allSatisfy { file.shape(of: prefix + $0) != nil }
        && file.names.allSatisfy {
          $0.hasPrefix(prefix) || file.dtype(of: $0)?.isFloatingPoint != true
        }
    }
  }
}
