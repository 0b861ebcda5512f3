import ArgumentParser
import Pipeline

/// For how many machines a dry run is worked out, and what they are like.
struct MachineOptions: ParsableArguments {
  @Option(help: "With --dry-run: work it out for so many machines like this one, too.")
  var machines: Int?

  @Option(help: .init("What a machine's network carries (default: 10Gb/s).", valueName: "10Gb/s"))
  var network: String?

  @Option(
    help: .init("What the common storage reads for all (default: enough).", valueName: "5GB/s"))
  var storage: String?

  @Option(help: .init("How large a picture is on average (default: 110KB).", valueName: "110KB"))
  var pictureSize: String?

  @Option(
    help: .init(
      "10⁹ multiply-adds a second that a machine reaches, where it is not like this one.",
      valueName: "number"))
  var machineGmac: Double?

  @Option(help: .init("What an hour of a machine costs.", valueName: "price"))
  var pricePerHour: Double?

  func validate() throws {
    guard machines != nil else {
      let given = [network, storage, pictureSize].contains { $0 != nil }
      guard !given, machineGmac == nil, pricePerHour == nil else {
        throw ValidationError(
          "--network, --storage, --picture-size, --machine-gmac and --price-per-hour say what --machines "
            + "are like, which is missing")
      }
      return
    }
    _ = try plan()
  }

  /// The machines; nil where none are asked for.
  /// - Throws: `ValidationError` naming the option that says none.
  func plan() throws -> Machines? {
    guard let machines else { return nil }
    guard 1...10_000_000 ~= machines else {
      throw ValidationError("--machines is \(machines); it must be from 1 to 10,000,000")
    }
    var result = Machines(count: machines)
    if let network { result.network = try rate(network, "--network") }
    if let storage { result.storage = try rate(storage, "--storage") }
    if let pictureSize {
      guard let bytes = ByteText.bytes(pictureSize, aSecond: false) else {
        throw ValidationError("--picture-size is \(pictureSize); write it as 110KB or 0.5MB")
      }
      result.imageBytes = .init(bytes, .given("--picture-size"))
    }
    for (name, value) in [("--machine-gmac", machineGmac), ("--price-per-hour", pricePerHour)] {
      if let value, !(value > 0 && value.isFinite) {
        throw ValidationError("\(name) is \(value); it must be above 0")
      }
    }
    result.gmacPerSecond = machineGmac
    result.pricePerHour = pricePerHour
    return result
  }

  private func rate(_ text: String, _ option: String) throws -> Machines.Quantity {
    guard let bytes = ByteText.bytes(text, aSecond: true) else {
      throw ValidationError(
        "\(option) is \(text); write it as 10Gb/s (bits) or 1.25GB/s (bytes)")
    }
    return .init(bytes, .given(option))
  }
}
