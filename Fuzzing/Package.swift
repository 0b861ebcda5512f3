// swift-tools-version: 6.2
import PackageDescription

// The rooms that read files from strangers, built with libFuzzer's and AddressSanitizer's
// instrumentation, and the program that feeds them. `make fuzz` builds and runs it.
//
// `Crypto` stands in for swift-crypto: of that the rooms use SHA-256 only, no reader of a stranger's
// file depends on it, and building BoringSSL took most of the time.

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

let package = Package(
  name: "Fuzzing",
  dependencies: [.package(url: "https://github.com/apple/swift-system", from: "1.8.1")],
  targets: [
    .systemLibrary(
      name: "CCodecs", path: "House/CCodecs",
      pkgConfig: "libjpeg libpng libwebp libwebpdemux libtiff-4 zlib libzstd"),
    .target(
      name: "CImage", dependencies: ["CCodecs"], path: "House/CImage",
      cSettings: [
        .headerSearchPath("."), .headerSearchPath("Codecs"), .headerSearchPath("Headers"),
      ],
      linkerSettings: [.linkedLibrary("gif")]),
    .target(name: "CInflate", dependencies: ["CCodecs"], path: "House/CInflate"),
    .target(
      name: "CCurl", path: "House/CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "CProcess", path: "House/CProcess"),
    .systemLibrary(name: "CXXHash", path: "House/CXXHash"),
    .target(name: "Crypto", swiftSettings: swiftSettings),
    .target(
      name: "Files", dependencies: ["CProcess", "CXXHash", "Crypto", system], path: "House/Files",
      swiftSettings: swiftSettings),
    .target(
      name: "Copies", dependencies: ["CImage", "Files", "Crypto"], path: "House/Copies",
      swiftSettings: swiftSettings),
    .target(
      name: "ImageData", dependencies: ["CImage", "CInflate", "Copies", "Files", "Crypto", system],
      path: "House/ImageData",
      swiftSettings: swiftSettings),
    .target(
      name: "Shards",
      dependencies: ["CCurl", "CInflate", "ImageData", "Copies", "Files", "Crypto", system],
      path: "House/Shards", swiftSettings: swiftSettings),
    .target(
      name: "Ranking", dependencies: ["Files", system], path: "House/Ranking",
      swiftSettings: swiftSettings),
    .target(
      name: "PyTorchFiles", dependencies: ["CInflate", "Files"], path: "House/PyTorchFiles",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "halcyon-fuzz",
      dependencies: ["ImageData", "Shards", "Copies", "Ranking", "PyTorchFiles", "Files"],
      swiftSettings: swiftSettings),
  ],
  cLanguageStandard: .c17
)
