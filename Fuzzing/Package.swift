// swift-tools-version: 6.2
import PackageDescription

// The rooms that read files from strangers, built with libFuzzer's and AddressSanitizer's
// instrumentation, and the program that feeds them. `make fuzz` builds and runs it.

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")

let package = Package(
  name: "Fuzzing",
  dependencies: [.package(url: "https://github.com/apple/swift-crypto", from: "4.5.2")],
  targets: [
    .systemLibrary(
      name: "CCodecs", path: "House/CCodecs",
      pkgConfig: "libjpeg libpng libwebp libwebpdemux zlib libzstd"),
    .target(name: "CImage", dependencies: ["CCodecs"], path: "House/CImage"),
    .target(
      name: "Files", dependencies: [crypto], path: "House/Files", swiftSettings: swiftSettings),
    .target(
      name: "ImageData", dependencies: ["CImage", "Files", crypto], path: "House/ImageData",
      swiftSettings: swiftSettings),
    .target(
      name: "Ranking", dependencies: ["Files"], path: "House/Ranking", swiftSettings: swiftSettings),
    .executableTarget(
      name: "halcyon-fuzz", dependencies: ["ImageData", "Ranking", "Files"],
      swiftSettings: swiftSettings),
  ],
  cLanguageStandard: .c17
)
