// swift-tools-version:6.3
import PackageDescription

// The delivery engine, the plugin protocols and the built-in plugins with their tests, and nothing else: small enough to be
// built and run once more under each sanitizer (`Scripts/test`). The sources are those of the root, by links.
let package = Package(
    name: "streamfence-sanitized",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
    ],
    targets: [
        .target(name: "CStreamFencePlugin"),
        .target(name: "StreamFencePluginKit", dependencies: ["CStreamFencePlugin"]),
        .target(name: "StreamFenceBuiltin", dependencies: ["StreamFencePluginKit"]),
        .target(
            name: "StreamFenceDelivery",
            dependencies: [
                "StreamFencePluginKit",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "DequeModule", package: "swift-collections"),
            ]
        ),
        .target(name: "StreamFenceTestSupport"),
        .testTarget(
            name: "StreamFenceDeliveryTests",
            dependencies: [
                "StreamFenceDelivery", "StreamFenceBuiltin", "StreamFencePluginKit", "StreamFenceTestSupport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
            ]
        ),
        .testTarget(name: "StreamFenceBuiltinTests", dependencies: ["StreamFenceBuiltin", "StreamFencePluginKit"]),
    ],
    swiftLanguageModes: [.v6]
)
