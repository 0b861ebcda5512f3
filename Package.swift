// swift-tools-version: 6.2
import PackageDescription

// MARK: - Settings

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

// MARK: - Dependencies

let argumentParser: Target.Dependency = .product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let system: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

// MARK: - Targets

let package = Package(
  name: "Halcyon",
  products: [
    .library(
      name: "Halcyon",
      targets: [
        "Files", "Terminal", "Torch", "Models", "Copies", "ImageData", "Shards", "Ranking",
        "Training", "Export", "Recipes", "Pipeline",
      ]),
    .executable(name: "halcyon", targets: ["halcyon"]),
    .executable(name: "SelfTraining", targets: ["SelfTraining"]),
    .executable(name: "OwnLoop", targets: ["OwnLoop"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    // Where the C and C++ libraries are; no code.
    .systemLibrary(name: "CLibtorch", pkgConfig: "libtorch"),
    .systemLibrary(
      name: "CCodecs", pkgConfig: "libjpeg libpng libwebp libwebpdemux libtiff-4 zlib libzstd",
      providers: [
        .apt([
          "libjpeg62-turbo-dev", "libpng-dev", "libwebp-dev", "libgif-dev", "libtiff-dev",
          "zlib1g-dev",
          "libzstd-dev",
        ])
      ]),
    // A header, nothing to link.
    .systemLibrary(name: "CXXHash", providers: [.apt(["libxxhash-dev"])]),

    // C ABIs over them: the only code that sees libtorch, the codecs and libcurl.
    .target(name: "CTorch", dependencies: ["CLibtorch"]),
    .target(
      name: "CImage", dependencies: ["CCodecs"],
      cSettings: [
        .headerSearchPath("."), .headerSearchPath("Codecs"), .headerSearchPath("Headers"),
      ],
      linkerSettings: [.linkedLibrary("gif")]),  // giflib has no pkg-config file everywhere

    .target(name: "CInflate", dependencies: ["CCodecs"]),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),
    .target(name: "CProcess"),

    // Files that survive a crash, for every room that writes one.
    .target(
      name: "Files", dependencies: ["CProcess", "CXXHash", crypto, system],
      swiftSettings: swiftSettings),

    // What a program tells its user while it works, and how it is asked to stop.
    .target(name: "Terminal", dependencies: ["Files"], swiftSettings: swiftSettings),

    // The rooms. Imports run one way; Models, ImageData and Ranking do not know each other.
    .target(
      name: "Copies", dependencies: ["CImage", "Files", crypto], swiftSettings: swiftSettings),
    .target(
      name: "PyTorchFiles", dependencies: ["CInflate", "Files"], swiftSettings: swiftSettings),
    .target(
      name: "Torch", dependencies: ["CTorch", "PyTorchFiles", "Files"], swiftSettings: swiftSettings
    ),
    .target(name: "Models", dependencies: ["Torch"], swiftSettings: swiftSettings),
    .target(
      name: "ImageData", dependencies: ["CImage", "CInflate", "Copies", "Files", crypto, system],
      swiftSettings: swiftSettings),
    .target(name: "Ranking", dependencies: ["Files", system], swiftSettings: swiftSettings),
    .target(
      name: "Shards",
      dependencies: ["CCurl", "CInflate", "ImageData", "Copies", "Files", crypto, system],
      swiftSettings: swiftSettings),
    .target(
      name: "Training",
      dependencies: ["Torch", "Models", "ImageData", "Copies", "Terminal", "Files", system],
      swiftSettings: swiftSettings),
    .target(
      name: "Recipes",
      dependencies: ["Training", "Models", "ImageData", "Shards", "Files", yams, system],
      swiftSettings: swiftSettings),
    .target(
      name: "Export",
      dependencies: ["Training", "Models", "Torch", "ImageData", "Files", system],
      swiftSettings: swiftSettings),
    .target(name: "Pages", dependencies: ["Files"], swiftSettings: swiftSettings),
    .target(name: "Launch", dependencies: ["CProcess", "Files"], swiftSettings: swiftSettings),
    .target(
      name: "Pipeline",
      dependencies: [
        "Torch", "Models", "Training", "Export", "Recipes", "Copies", "ImageData", "Shards",
        "Ranking", "Pages",
        "Terminal", "Files", crypto, system,
      ],
      swiftSettings: swiftSettings),
    .target(
      name: "Experiments",
      dependencies: [
        "Pipeline", "Recipes", "Training", "Models", "Pages", "Terminal", "Files", system,
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "halcyon",
      dependencies: [
        "Experiments", "Pipeline", "Launch", "Export", "Recipes", "Training", "Models", "Torch",
        "ImageData", "Shards", "Terminal", "Files",
        argumentParser,
        system,
      ],
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "SelfTraining", dependencies: ["Models", "Pipeline", "Recipes", "Training", "Files"],
      path: "Examples/SelfTraining",
      swiftSettings: swiftSettings),
    .executableTarget(
      name: "OwnLoop",
      dependencies: ["Training", "Torch", "Models", "ImageData", "Shards", "Files"],
      path: "Examples/OwnLoop",
      swiftSettings: swiftSettings),

    .target(
      name: "TestSupport", dependencies: ["Files"], path: "Tests/TestSupport",
      swiftSettings: swiftSettings),
    .testTarget(
      name: "FilesTests", dependencies: ["Files", "TestSupport", system],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "TerminalTests", dependencies: ["Terminal"], swiftSettings: swiftSettings),
    .testTarget(
      name: "LaunchTests", dependencies: ["Launch", "Files", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "PyTorchFilesTests", dependencies: ["PyTorchFiles", "Files", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "TorchTests", dependencies: ["Torch", "Files", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ModelsTests", dependencies: ["Models", "Torch", "Files", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "CopiesTests", dependencies: ["Copies", "CImage", "Files", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ImageDataTests",
      dependencies: ["ImageData", "Shards", "Copies", "Files", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ShardsTests", dependencies: ["Shards", "ImageData", "Copies", "Files", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "RankingTests", dependencies: ["Ranking", "Files", "TestSupport"],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Training", "Torch", "Models", "ImageData", "Terminal", "Files", "TestSupport", system,
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ExportTests",
      dependencies: [
        "Export", "Training", "Torch", "Models", "ImageData", "Files", "TestSupport", system,
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "RecipesTests",
      dependencies: ["Recipes", "Training", "Models", "ImageData", "Files", "TestSupport", system],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "PipelineTests",
      dependencies: [
        "Pipeline", "Export", "Recipes", "Training", "Torch", "Models", "Copies", "ImageData",
        "Shards",
        "Ranking",
        "Pages",
        "Terminal", "Files", "TestSupport", system,
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: [
        "Experiments", "Pipeline", "Recipes", "Training", "Models", "Files", "TestSupport",
      ],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "halcyon", "Pipeline", "Recipes", "Training", "Models", "Torch", "ImageData", "Shards",
        "Terminal", "Files",
        "TestSupport",
        yams,
      ],
      exclude: ["Help"],
      swiftSettings: swiftSettings),
  ],
  cLanguageStandard: .c17,
  cxxLanguageStandard: .cxx20
)
