/// Where a saved value keeps its tensors by name: what it is itself, or what stands in it under one of the
/// keys that training programs use.
package struct StateDictionary {
  /// The tensors, in the file's order.
  package let tensors: [(name: String, tensor: PickledTensor)]
  /// The keys that lead to them, such as `state_dict`; empty where the file is the dictionary itself.
  package let place: String
  /// Other keys beside it that hold tensors by name, such as the weights before their moving average.
  package let others: [String]

  /// The keys in the order in which they are taken: a moving average before the weights that it is of, as
  /// timm does, and a teacher before its student.
  private static let keys = [
    "state_dict_ema", "model_ema", "ema_state_dict", "params_ema", "ema", "state_dict",
    "model_state_dict", "model_state", "model", "net", "network", "module", "weights", "params",
    "teacher", "target_network", "student", "online_network", "encoder", "backbone",
  ]

  /// Looks for the tensors in `value`; nil where there are none.
  package init?(in value: PickleValue) {
    guard let found = Self.find(in: value, place: [], others: []) else { return nil }
    self = found
  }

  private init(
    _ tensors: [(name: String, tensor: PickledTensor)], place: [String], others: [String]
  ) {
    self.tensors = tensors
    self.place = place.joined(separator: ".")
    self.others = others
  }

  private static func find(in value: PickleValue, place: [String], others: [String]) -> Self? {
    guard let dictionary = value.dictionary, place.count < 4 else { return nil }
    let tensors = dictionary.entries.compactMap { key, value in
      key.text.flatMap { name in value.tensor.map { (name: name, tensor: $0) } }
    }
    if !tensors.isEmpty { return Self(tensors, place: place, others: others) }
    let found = keys.filter { key in
      dictionary[key].map { find(in: $0, place: place + [key], others: []) != nil } ?? false
    }
    guard let key = found.first, let inner = dictionary[key] else { return nil }
    return find(in: inner, place: place + [key], others: others + found.dropFirst())
  }
}
