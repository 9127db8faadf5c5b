// swift-tools-version:6.3
import PackageDescription

let nio: [Target.Dependency] = [
    .product(name: "NIOCore", package: "swift-nio"),
    .product(name: "NIOPosix", package: "swift-nio"),
    .product(name: "NIOHTTP1", package: "swift-nio"),
    .product(name: "NIOSSL", package: "swift-nio-ssl"),
]

// A package of its own that shares no code with the server: a measuring stick that used the server's codecs would become
// faster and slower with them.
let package = Package(
    name: "streamfence-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.36.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    ],
    targets: [
        .executableTarget(
            name: "bench",
            dependencies: nio + [.product(name: "ArgumentParser", package: "swift-argument-parser")]
        ),
        .testTarget(name: "BenchTests", dependencies: ["bench"] + nio),
    ],
    swiftLanguageModes: [.v6]
)
