// swift-tools-version:6.3
import PackageDescription

// A package of its own on the root's public products: everything is fuzzed through what a user can call.
//
// `swift build --sanitize=fuzzer` compiles an executable without an entry point, and libFuzzer brings `main`. Without
// that flag, as in `swift test`, the same single file is an empty script, so that everything still links.
let package = Package(
    name: "streamfence-fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(name: "streamfence", path: ".."),
        .package(url: "https://github.com/apple/swift-nio", from: "2.86.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    ],
    targets: [
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CHeap",
                .product(name: "StreamFenceEngineIO", package: "streamfence"),
                .product(name: "StreamFenceSocketIO", package: "streamfence"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        // What the heap holds, which the C library's header alone tells.
        .target(name: "CHeap"),
        .executableTarget(name: "polling-payload", dependencies: ["FuzzTargets"]),
        .executableTarget(name: "websocket-frames", dependencies: ["FuzzTargets"]),
        .executableTarget(name: "engine-packet", dependencies: ["FuzzTargets"]),
        .executableTarget(name: "socket-packet", dependencies: ["FuzzTargets"]),
        .executableTarget(name: "http-to-event", dependencies: ["FuzzTargets"]),
        .testTarget(name: "FuzzTargetsTests", dependencies: ["FuzzTargets"]),
    ],
    swiftLanguageModes: [.v6]
)
