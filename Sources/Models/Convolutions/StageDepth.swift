/// Which stage a tensor named like `stages.2.blocks.0.norm.weight` belongs to: the number after
/// `prefix`, or nil where the name begins otherwise.
func stage(of name: String, after prefix: String) -> Int? {
  guard name.hasPrefix(prefix) else { return nil }
  return Int(name.dropFirst(prefix.count).prefix { $0.isNumber })
}
