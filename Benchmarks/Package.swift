// swift-tools-version: 6.2
import PackageDescription

let halcyon: (String) -> Target.Dependency = { .product(name: $0, package: "Halcyon") }

let package = Package(
  name: "HalcyonBenchmarks",
  dependencies: [
    // By name: the identity would be that of the folder the repository was cloned into.
    .package(name: "Halcyon", path: ".."),
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
  ],
  targets: [
    .executableTarget(
      name: "halcyon-bench",
      dependencies: [
        halcyon("Halcyon"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
      ])
  ]
)
