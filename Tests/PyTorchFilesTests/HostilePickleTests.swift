import Files
import Foundation
import TestSupport
import Testing

@testable import PyTorchFiles

/// A pickle that must not be followed: its program, and what the refusal says.
struct Hostile: Sendable, CustomTestStringConvertible {
  let about: String
  let program: [UInt8]
  let refusal: String
  var testDescription: String { about }

  init(_ about: String, _ program: [UInt8], _ refusal: String) {
    (self.about, self.program, self.refusal) = (about, program, refusal)
  }
}

/// The bytes of a pickle's parts.
private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

private func global(_ module: String, _ name: String) -> [UInt8] {
  bytes("c\(module)\n\(name)\n")
}

private func text(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + bytes(text) }

private func integer(_ value: Int32) -> [UInt8] {
  [0x4A] + withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

private func tuple(_ parts: [UInt8]...) -> [UInt8] { [0x28] + parts.flatMap { $0 } + [0x74] }

/// ("storage", torch.FloatStorage, key, "cpu", count) as a persistent object.
private func storage(
  _ type: String = "FloatStorage", key: String = "0", count: Int32 = 4
) -> [UInt8] {
  tuple(text("storage"), global("torch", type), text(key), text("cpu"), integer(count)) + [0x51]
}

private func tensor(_ storage: [UInt8], offset: Int32, _ shape: [Int32], _ strides: [Int32])
  -> [UInt8]
{
  func list(_ numbers: [Int32]) -> [UInt8] { [0x28] + numbers.flatMap(integer) + [0x74] }
  return global("torch._utils", "_rebuild_tensor_v2")
    + tuple(storage, integer(offset), list(shape), list(strides), [0x89], [0x7D]) + [0x52]
}

private let start: [UInt8] = [0x80, 2]

@Suite("Pickles that would run something, or lie")
struct HostilePickleTests {
  static let calls: [Hostile] = [
    ("os", "system"), ("posix", "system"), ("nt", "system"), ("subprocess", "Popen"),
    ("builtins", "eval"), ("builtins", "exec"), ("builtins", "getattr"), ("__builtin__", "eval"),
    ("builtins", "__import__"), ("runpy", "_run_code"), ("webbrowser", "open"),
    ("torch", "load"), ("torch.hub", "load"), ("torch.jit", "load"), ("numpy", "load"),
    ("numpy.core.multiarray", "_reconstruct"), ("numpy.core.multiarray", "scalar"),
    ("argparse", "Namespace"), ("pickle", "loads"), ("functools", "partial"),
    ("collections", "OrderedDict.__class__"), ("torch._utils", "_rebuild_qtensor"),
  ].map { module, name in
    Hostile(
      "\(module).\(name)", start + global(module, name) + tuple(text("id")) + [0x52, 0x2E],
      "\(module).\(name)")
  }

  static let operations: [Hostile] = [
    Hostile("INST", start + bytes("(ios\nsystem\n."), "INST"),
    Hostile("OBJ", start + bytes("(os\no."), "OBJ"),
    Hostile("an extension", start + [0x82, 1, 0x2E], "EXT1"),
    Hostile("a persistent name in text", start + bytes("Pid\n."), "PERSID"),
    Hostile("NEWOBJ_EX", start + [0x7D, 0x7D, 0x7D, 0x92, 0x2E], "NEWOBJ_EX"),
    Hostile("an unknown byte", start + [0xFE, 0x2E], "0xFE"),
    Hostile("a protocol of the future", [0x80, 9, 0x2E], "protocol 9"),
    Hostile(
      "a global put together from texts", start + text("os") + text("system") + [0x93, 0x2E],
      "os.system"),
    Hostile("a call of a text", start + text("os.system") + [0x29, 0x52, 0x2E], "calls a text"),
    Hostile(
      "the state of a type", start + global("torch", "Tensor") + [0x7D, 0x62, 0x2E],
      "sets the state of torch.Tensor"),
    Hostile(
      "a tensor rebuilt by a function of its own",
      start + global("torch._tensor", "_rebuild_from_type_v2")
        + tuple(
          global("collections", "OrderedDict"), global("torch", "Tensor"), [0x29], [0x7D])
        + [0x52, 0x2E],
      "a type of its own"),
  ]

  static let lies: [Hostile] = [
    Hostile("it ends at once", start, "cut short"),
    Hostile(
      "a text longer than the file", start + [0x58, 0xFF, 0xFF, 0xFF, 0x7F, 0x61], "cut short"),
    Hostile(
      "bytes of 2⁶⁴", start + [0x8E] + [UInt8](repeating: 0xFF, count: 8) + [0x2E], "length"),
    Hostile("no value", start + [0x2E], "takes a value where there is none"),
    Hostile("a value below the mark", start + [0x4E, 0x28, 0x85, 0x2E], "where there is none"),
    Hostile("a mark that is not open", start + [0x74, 0x2E], "not open"),
    Hostile("values left over", start + [0x4E, 0x4E, 0x2E], "left over"),
    Hostile("a value never kept", start + [0x68, 7, 0x2E], "never kept"),
    Hostile("a key alone", start + [0x7D, 0x28, 0x4E, 0x75, 0x2E], "a key without a value"),
    Hostile("an item of a list", start + [0x5D, 0x4E, 0x4E, 0x73, 0x2E], "an item of a list"),
    Hostile(
      "appends to a dictionary", start + [0x7D, 0x4E, 0x61, 0x2E], "appends to a dictionary"),
    Hostile(
      "more elements than the storage",
      start + tensor(storage(count: 4), offset: 0, [5], [1]) + [0x2E], "beyond its storage"),
    Hostile(
      "an offset beyond the storage",
      start + tensor(storage(count: 4), offset: 4, [1], [1]) + [0x2E], "beyond its storage"),
    Hostile(
      "strides beyond the storage",
      start + tensor(storage(count: 4), offset: 0, [2, 2], [3, 1]) + [0x2E], "beyond its storage"),
    Hostile(
      "a negative length", start + tensor(storage(), offset: 0, [-1], [1]) + [0x2E],
      "no place in a storage"),
    Hostile(
      "a negative stride", start + tensor(storage(), offset: 3, [2], [-1]) + [0x2E],
      "no place in a storage"),
    Hostile(
      "elements that cannot be counted",
      start
        + tensor(
          storage(), offset: 0, [Int32](repeating: Int32.max, count: 4),
          [Int32](repeating: 0, count: 4)) + [0x2E],
      "beyond its storage"),
    Hostile(
      "one storage in two types",
      start + storage("FloatStorage") + [0x30] + storage("DoubleStorage") + [0x2E], "two types"),
    Hostile("an unknown storage", start + storage("QUInt8Storage") + [0x2E], "QUInt8Storage"),
    Hostile(
      "a persistent object of its own", start + tuple(text("module")) + [0x51, 0x2E],
      "no tensor's memory"),
    Hostile(
      "a parameter of a text",
      start + global("torch._utils", "_rebuild_parameter") + tuple(text("x")) + [0x52, 0x2E],
      "no tensor"),
    Hostile(
      "bytes in another code",
      start + global("_codecs", "encode") + tuple(text("x"), text("rot13")) + [0x52, 0x2E],
      "something else than bytes"),
  ]

  @Test(
    "each is refused by what it wants, and nothing is run", arguments: calls + operations + lies)
  func refused(_ hostile: Hostile) throws {
    let fault = #expect(throws: PickleFault.self) {
      try hostile.program.withUnsafeBytes { _ = try Pickle.read($0) }
    }
    #expect(fault?.message.contains(hostile.refusal) == true, "\(fault?.message ?? "")")
  }

  @Test("a list copied into dictionaries again and again is no way to take all memory")
  func copies() throws {
    // [[1, 1], … 1,000 of them], kept, then made an OrderedDict of 1,000 times: a million pairs.
    let pairs = (0..<1000).flatMap { _ -> [UInt8] in [0x4B, 1, 0x4B, 1, 0x86] }
    var program = start + [0x5D, 0x71, 0, 0x28] + pairs + [0x65, 0x30, 0x28]
    for _ in 0..<1000 {
      program += global("collections", "OrderedDict") + [0x68, 0, 0x85, 0x52]
    }
    program += [0x6C, 0x2E]
    let fault = #expect(throws: PickleFault.self) {
      try program.withUnsafeBytes { _ = try Pickle.read($0) }
    }
    #expect(fault?.message.contains("again and again") == true)
  }

  @Test("a dictionary that holds itself is read, and has no tensors")
  func cycle() throws {
    let program = start + [0x7D, 0x71, 0] + text("state_dict") + [0x68, 0, 0x73, 0x2E]
    let read = try program.withUnsafeBytes { try Pickle.read($0) }
    withExtendedLifetime(read) { #expect(StateDictionary(in: read.value) == nil) }
  }

  @Test(
    "what holds itself goes when its file does, and a million within each other go without a stack")
  func released() throws {
    weak var itself: PickleDictionary?
    do {
      let program = start + [0x7D, 0x71, 0] + text("a") + [0x68, 0, 0x73, 0x2E]
      let read = try program.withUnsafeBytes { try Pickle.read($0) }
      itself = read.value.dictionary
      withExtendedLifetime(read) { #expect(itself != nil) }
    }
    #expect(itself == nil)
    // ((((…)))) and [[[[…]]]], one operation a level.
    let tuples = start + [0x29] + [UInt8](repeating: 0x85, count: 1_000_000) + [0x2E]
    _ = try tuples.withUnsafeBytes { try Pickle.read($0).end }
    let lists =
      start + [UInt8](repeating: 0x5D, count: 1_000_000) + [UInt8](repeating: 0x61, count: 999_999)
      + [0x2E]
    _ = try lists.withUnsafeBytes { try Pickle.read($0).end }
  }
}
