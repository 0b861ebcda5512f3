import Yams

/// One key of a recipe with the value behind it, written as YAML.
package struct RecipeSetting: Equatable {
  /// The key's path: `ranking.imagesPerClass`.
  package let key: String
  /// The value as YAML.
  package let value: String

  /// Whether key and value are the same, byte by byte.
  package static func == (left: Self, right: Self) -> Bool {
    left.key == right.key && left.value.utf8.elementsEqual(right.value.utf8)
  }
}

/// One key of a group of a recipe: what it is, what it reaches, how its value is read, written and
/// listed.
///
/// The tables in `Recipe+Fields.swift` are the only place that names the keys: reading, writing,
/// `--set`, hashes, comparisons, `halcyon help recipe` and the schema for editors all go through them.
struct RecipeField<Root> {
  let name: String
  /// What the group is, for the written recipe; empty for a single value.
  let comment: String
  /// Reads a node into the root; the second argument is the key's whole path.
  let read: (Node, String, inout Root, inout RecipeReader) throws -> Void
  /// What there is to say of the keys under a path.
  let keys: (String) -> [RecipeKey]
  /// The settings under a path.
  let settings: (Root, String) -> [RecipeSetting]
  /// The lines of the written recipe, from an indentation on.
  let lines: (Root, String) -> [String]
  /// The trainings under a path.
  var trainings: (Root, String) -> [RecipeTraining] = { _, _ in [] }

  /// A key with one value: what it is, in a sentence, what a change of it reaches, and whether it came
  /// after 0.1.0. `values` are all that it takes, where its type has more; `expected` is what help says of
  /// these, where the type does not say it or they are many.
  static func value<Value: RecipeValue>(
    _ name: String, _ member: WritableKeyPath<Root, Value>, _ about: String,
    reaches: RecipeKey.Reach, isYoung: Bool = false, of values: [Value]? = nil,
    expected: String? = nil
  ) -> Self {
    Self(
      name: name, comment: "",
      read: { node, key, root, reader in
        root[keyPath: member] = try reader.value(of: node, for: key)
      },
      keys: { key in
        [
          RecipeKey(
            key: key, about: about, reach: reaches, isYoung: isYoung,
            expected: expected ?? values.map { alternatives($0.map(\.yaml)) } ?? Value.expected,
            schema: values.map { ["enum": .list($0.map(\.schemaValue))] } ?? Value.schema)
        ]
      },
      settings: { root, key in [RecipeSetting(key: key, value: root[keyPath: member].yaml)] },
      lines: { root, indent in ["\(indent)\(name): \(root[keyPath: member].yaml)"] })
  }

  /// The same keys where each came after 0.1.0 and a change of it reaches `reach`.
  func young(reaching reach: RecipeKey.Reach) -> Self {
    Self(
      name: name, comment: comment, read: read,
      keys: { key in
        keys(key).map {
          RecipeKey(
            key: $0.key, about: $0.about, reach: reach, isYoung: true, expected: $0.expected,
            schema: $0.schema)
        }
      }, settings: settings, lines: lines, trainings: trainings)
  }

  /// A key with a group of keys; `afterReading` is told which of them a layer gave a value.
  static func group<Value>(
    _ name: String, _ member: WritableKeyPath<Root, Value>, _ fields: [RecipeField<Value>],
    comment: String = "",
    afterReading: @escaping (Set<String>, inout Value) -> Void = { _, _ in }
  ) -> Self {
    Self(
      name: name, comment: comment,
      read: { node, key, root, reader in
        let given = try reader.apply(node, fields: fields, to: &root[keyPath: member], under: key)
        afterReading(given, &root[keyPath: member])
      },
      keys: { key in fields.flatMap { $0.keys("\(key).\($0.name)") } },
      settings: { root, key in
        fields.flatMap { $0.settings(root[keyPath: member], "\(key).\($0.name)") }
      },
      lines: { root, indent in
        let head = comment.isEmpty ? [] : ["\(indent)# \(comment)"]
        return head + ["\(indent)\(name):"]
          + fields.flatMap { $0.lines(root[keyPath: member], indent + "  ") }
      },
      trainings: { root, key in
        fields.flatMap { $0.trainings(root[keyPath: member], "\(key).\($0.name)") }
      })
  }
}
