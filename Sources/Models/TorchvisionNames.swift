import Torch

/// What torchvision calls a network's layers where the network here has timm's names.
struct TorchvisionNames {
  /// A name that torchvision's files of such networks have and others have not.
  private let mark: String
  /// By torchvision's name of a layer, or of a tensor that is no layer's: its own.
  private var own: [String: String] = [:]

  /// Names of files with the tensor `mark`.
  init(of mark: String) { self.mark = mark }

  /// The layer or tensor `theirs` is `own` here.
  mutating func add(_ theirs: String, _ own: String) { self.own[theirs] = own }

  /// A convolution `theirs`.0 and its batch norm `theirs`.1.
  mutating func add(_ theirs: String, convolution: String, norm: String) {
    add(theirs + ".0", convolution)
    add(theirs + ".1", norm)
  }

  /// The blocks of mobile networks: `theirs` has the names of one at a stage and index.
  mutating func add(
    _ stages: [[InvertedResidual.Shape]], _ theirs: (_ stage: Int, _ index: Int) -> String
  ) {
    for (stage, shapes) in stages.enumerated() {
      for (index, shape) in shapes.enumerated() {
        add(shape, theirs(stage, index) + ".block.", "blocks.\(stage).\(index).")
      }
    }
  }

  /// One of these blocks, whose parts torchvision counts and timm names.
  private mutating func add(_ shape: InvertedResidual.Shape, _ theirs: String, _ own: String) {
    let isWide = shape.expanded != nil
    let convolutions =
      (isWide ? ["conv_pw"] : []) + ["conv_dw"] + [isWide ? "conv_pwl" : "conv_pw"]
    for (index, name) in convolutions.enumerated() {
      let isLast = index == convolutions.count - 1
      let part = index + (isLast && shape.reduced != nil ? 1 : 0)
      add("\(theirs)\(part)", convolution: own + name, norm: "\(own)bn\(index + 1)")
    }
    if shape.reduced != nil {
      let part = convolutions.count - 1
      add("\(theirs)\(part).fc1", own + "se.conv_reduce")
      add("\(theirs)\(part).fc2", own + "se.conv_expand")
    }
  }

  /// `file` under the network's own names if it has torchvision's; nil otherwise.
  func adapted(_ file: any WeightsFile) -> AdaptedWeights? {
    guard let prefix = file.prefix(before: mark) else { return nil }
    let weights = AdaptedWeights(file) { name in
      guard name.hasPrefix(prefix) else { return name }
      return prefix + translated(String(name.dropFirst(prefix.count)))
    }
    weights.isTorchvisions = true
    weights.say("its names are torchvision's")
    return weights
  }

  private func translated(_ name: String) -> String {
    if let own = own[name] { return own }
    guard let dot = name.lastIndex(of: "."), let layer = own[String(name[..<dot])] else {
      return name
    }
    return layer + name[dot...]
  }
}

extension WeightsFile {
  /// What stands before `name` in the first name that ends with it; nil where none does.
  func prefix(before name: String) -> String? {
    names.first { $0 == name || $0.hasSuffix("." + name) }.map { String($0.dropLast(name.count)) }
  }
}

extension AdaptedWeights {
  /// Gives the tensors that end with `suffix` another shape of as many numbers.
  func reshape(_ suffix: String, _ shape: ([Int]) -> [Int]) {
    for name in names where name.hasSuffix(suffix) {
      guard let old = self.shape(of: name) else { continue }
      let new = shape(old)
      guard new != old else { continue }
      replace(name, shape: new) { try $0.reshaped(to: new) }
    }
  }
}
