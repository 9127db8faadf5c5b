// swift-tools-version:6.3
import PackageDescription

// A package of its own on the root's public products, as a user's would be: nothing internal can leak in here.
let package = Package(
    name: "streamfence-examples",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "streamfence", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    ],
    targets: [
        .executableTarget(
            name: "conformance-server",
            dependencies: [
                .product(name: "StreamFenceSocketIO", package: "streamfence"),
                .product(name: "StreamFenceEngineIO", package: "streamfence"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/ConformanceServer"
        ),
        .executableTarget(
            name: "single-server",
            dependencies: [
                .product(name: "StreamFence", package: "streamfence"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/SingleServer"
        ),
        .executableTarget(
            name: "multi-namespace",
            dependencies: [
                .product(name: "StreamFence", package: "streamfence"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/MultiNamespace"
        ),
        .executableTarget(
            name: "spill-to-disk",
            dependencies: [
                .product(name: "StreamFence", package: "streamfence"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/SpillToDisk"
        ),
        .executableTarget(
            name: "mixed-workload",
            dependencies: [
                .product(name: "StreamFence", package: "streamfence"),
                .product(name: "StreamFenceHosting", package: "streamfence"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            path: "Sources/MixedWorkload",
            exclude: ["mixed-workload.yaml"]
        ),
        .executableTarget(
            name: "chat",
            dependencies: [.product(name: "StreamFenceSocketIO", package: "streamfence")],
            path: "Sources/Chat"
        ),
        // The Swift of README.md, word for word: a test compares them.
        .executableTarget(
            name: "readme",
            dependencies: [.product(name: "StreamFence", package: "streamfence")],
            path: "Sources/Readme"
        ),
    ],
    swiftLanguageModes: [.v6]
)
