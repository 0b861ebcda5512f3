import Foundation
import ImageData
import Models
import TestSupport
import Testing
import Torch
import Training

@testable import Export

@Suite("ONNX models in ONNX Runtime", .enabled(if: PythonTools.areHere, PythonTools.missing))
struct ONNXTests {
  /// For each folder of the first argument: checks model.onnx, runs it on three pictures and on the first
  /// alone, and prints the largest error relative to the largest logit.
  private static let script = """
    import glob, json, os, sys
    import numpy, onnx, onnxruntime

    for folder in sorted(glob.glob(sys.argv[1] + "/*/")):
      path = folder + "model.onnx"
      onnx.checker.check_model(path, full_check=True)
      options = onnxruntime.SessionOptions()
      options.log_severity_level = 3
      session = onnxruntime.InferenceSession(path, options)
      input, output = session.get_inputs()[0], session.get_outputs()[0]
      about = session.get_modelmeta().custom_metadata_map
      name = "pictures" if json.loads(about["normalizes"]) else "normalized"
      pictures = numpy.fromfile(folder + name + ".f32", "<f4").reshape(-1, *input.shape[1:])
      expected = numpy.fromfile(folder + "logits.f32", "<f4").reshape(-1, *output.shape[1:])
      error = 0
      for count in (3, 1):
        logits, = session.run([output.name], {input.name: pictures[:count]})
        assert logits.shape == expected[:count].shape, logits.shape
        error = max(error, abs(logits - expected[:count]).max() / abs(expected).max())
      graph = onnx.load(path, load_external_data=False).graph
      norms = sum(node.op_type == "BatchNormalization" for node in graph.node)
      print(os.path.basename(folder[:-1]), input.name, input.shape[0], output.name,
        "right" if error < 1e-4 else error, norms, sep="|")
    """

  @Test("it gives a network of every family the same logits, for three pictures and for one")
  func everyFamily() throws {
    let folder = try TemporaryFolder()
    for small in SmallNetwork.allCases {
      let place = "\(folder.path)/\(small.rawValue)"
      let exported = try Exported(small, at: place)
      try exported.writeNumbers(3, into: place)
      _ = try exported.folder.onnx(exported.network, normalizes: false)
        .write(to: place + "/model.onnx")
    }
    let lines = try PythonTools.run(Self.script, [folder.path]).split(separator: "\n").map(
      String.init)
    // All norms are folded.
    let expected = SmallNetwork.allCases.map(\.rawValue).sorted()
      .map { "\($0)|images|N|logits|right|0" }
    #expect(lines == expected)
  }

  @Test("it normalises where that was asked for, and reads weights that lie beside the model")
  func inside() throws {
    let folder = try TemporaryFolder()
    for (name, limit) in [("within", ONNXModel.byteLimit), ("without", 1000)] {
      let place = "\(folder.path)/\(name)"
      let exported = try Exported(.resnet8, at: place)
      try exported.writeNumbers(3, into: place)
      let files = try exported.folder.onnx(exported.network, normalizes: true)
        .write(to: place + "/model.onnx", externalAbove: limit)
      #expect(files.count == (name == "within" ? 1 : 2))
    }
    let lines = try PythonTools.run(Self.script, [folder.path]).split(separator: "\n")
    #expect(lines == ["within|images|N|logits|right|0", "without|images|N|logits|right|0"])
  }

  @Test("its metadata says what the model is and sees")
  func metadata() throws {
    let folder = try TemporaryFolder()
    let exported = try Exported(.grey, at: folder.path)
    _ = try exported.folder.onnx(exported.network, normalizes: false)
      .write(to: folder.path + "/model.onnx")
    let output = try PythonTools.run(
      """
      import json, sys, onnx
      model = onnx.load(sys.argv[1] + "/model.onnx")
      about = {entry.key: entry.value for entry in model.metadata_props}
      print(model.ir_version, model.opset_import[0].version, model.producer_name)
      for key in sorted(about): print(key, about[key])
      assert json.loads(about["class_names"]) == [f'class {n}, "it"' for n in range(7)]
      """, [folder.path])
    let names = (0..<7).map { "\"class \($0), \\\"it\\\"\"" }.joined(separator: ",")
    #expect(
      output == """
        8 18 Halcyon
        architecture resnet8
        class_names [\(names)]
        crop_mode center
        input_size [1,33,33]
        interpolation bilinear
        mean [0.4]
        normalizes false
        resize 38
        std [0.3]

        """)
  }

  @Test(
    "it gives every network of the catalogue the same logits",
    .enabled(
      if: ProcessInfo.processInfo.environment["HALCYON_TEST_EXPORTS"] == "all",
      "minutes, and gigabytes of memory: HALCYON_TEST_EXPORTS=all"),
    arguments: ModelCatalog.names)
  func everyNetwork(_ name: String) throws {
    let folder = try TemporaryFolder()
    var options = NetworkOptions(model: name, classCount: 10)
    // Of whole patches of 14 and of 16 px, and small: the operations are the same.
    options.inputSize = min(try ModelCatalog.input(of: name).size, 112)
    let place = "\(folder.path)/\(name)"
    let exported = Exported(try ModelCatalog.make(options), options, at: place)
    try exported.writeNumbers(3, into: place)
    _ = try exported.folder.onnx(exported.network, normalizes: false)
      .write(to: place + "/model.onnx")
    let output = try PythonTools.run(Self.script, [folder.path])
    #expect(output == "\(name)|images|N|logits|right|0\n")
  }
}
