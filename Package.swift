// swift-tools-version:6.3
import PackageDescription

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioWebSocket: Target.Dependency = .product(name: "NIOWebSocket", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let nioTLS: Target.Dependency = .product(name: "NIOTLS", package: "swift-nio")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "streamfence",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "streamfence", targets: ["StreamFenceCLI"]),
        .library(name: "StreamFence", targets: ["StreamFence"]),
        .library(name: "StreamFenceSocketIO", targets: ["StreamFenceSocketIO"]),
        .library(name: "StreamFenceEngineIO", targets: ["StreamFenceEngineIO"]),
        .library(name: "StreamFenceClient", targets: ["StreamFenceClient"]),
        .library(name: "StreamFenceHosting", targets: ["StreamFenceHosting"]),
        .library(name: "StreamFenceManagement", targets: ["StreamFenceManagement"]),
        .library(name: "StreamFencePluginKit", targets: ["StreamFencePluginKit"]),
        // For a plugin that depends on this package and not on the one in PluginSDK, which brings nothing else with it.
        .library(name: "StreamFencePlugin", targets: ["StreamFencePluginKit", "CStreamFencePluginExport"]),
        // libstreamfence_builtin.so: what `streamfence serve` loads from beside itself.
        .library(name: "streamfence_builtin", type: .dynamic, targets: ["StreamFenceBuiltinExport"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.36.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.3.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.1.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    ],
    targets: [
        // Engine.IO 4: packets, payloads, websocket frames, the session and its two transports.
        .target(
            name: "StreamFenceEngineIO",
            dependencies: [nioCore, nioHTTP1, nioWebSocket, deque, logging]
        ),
        // Socket.IO 5: packets, binary reassembly, namespaces, acknowledgements; a server library of its own.
        .target(
            name: "StreamFenceSocketIO",
            dependencies: ["StreamFenceEngineIO", nioCore, nioPosix, logging]
        ),
        // A small Socket.IO client: the command line, the tests and the benchmarks use it.
        .target(
            name: "StreamFenceClient",
            dependencies: [
                "StreamFenceEngineIO", "StreamFenceSocketIO", nioCore, nioPosix, nioHTTP1, nioWebSocket, nioSSL,
            ]
        ),
        // The contract of plugins in C.
        .target(
            name: "CStreamFencePlugin",
            path: "PluginSDK/Sources/CStreamFencePlugin"
        ),
        // The four protocols a plugin implements, and their export over the contract. No dependency, so that a plugin builds
        // in seconds.
        .target(
            name: "StreamFencePluginKit",
            dependencies: ["CStreamFencePlugin"],
            path: "PluginSDK/Sources/StreamFencePluginKit"
        ),
        // The policies that come with StreamFence, written against the plugin protocols like anybody's.
        .target(
            name: "StreamFenceBuiltin",
            dependencies: ["StreamFencePluginKit"],
            path: "Plugins/Builtin/Sources"
        ),
        // What the contract asks of every plugin, as checks that can be run against one.
        .target(
            name: "StreamFencePluginChecks",
            dependencies: ["StreamFencePluginKit"]
        ),
        // The record by which a host knows a plugin: only what becomes a shared object may link it.
        .target(
            name: "CStreamFencePluginExport",
            dependencies: ["CStreamFencePlugin"],
            path: "PluginSDK/Sources/CStreamFencePluginExport"
        ),
        // The built-in plugins as a shared object. Its symbols are its own, whatever the process that loads it has.
        .target(
            name: "StreamFenceBuiltinExport",
            dependencies: ["StreamFenceBuiltin", "StreamFencePluginKit", "CStreamFencePluginExport"],
            path: "Plugins/Builtin/Export",
            linkerSettings: [.unsafeFlags(["-Xlinker", "-Bsymbolic"], .when(platforms: [.linux]))]
        ),
        // Lanes and the writer that drains them. Knows no sockets.
        .target(
            name: "StreamFenceDelivery",
            dependencies: ["StreamFencePluginKit", nioCore, deque]
        ),
        // Configuration, the namespace pipeline, the registry of policies, the server.
        .target(
            name: "StreamFence",
            dependencies: [
                "StreamFenceSocketIO", "StreamFenceEngineIO", "StreamFenceDelivery", "StreamFencePluginKit",
                "StreamFenceBuiltin", nioCore, nioPosix, nioSSL, nioTLS, asn1, deque, logging, metrics,
                serviceLifecycle,
            ]
        ),
        // Calls into plugins: no C++ exception leaves it, and a crash is reported with the plugin's name.
        .target(name: "CStreamFenceShim", dependencies: ["CStreamFencePlugin"]),
        // YAML and JSON files -> configuration; shared objects -> registry.
        .target(
            name: "StreamFenceHosting",
            dependencies: [
                "StreamFence", "StreamFenceBuiltin", "StreamFenceSocketIO", "StreamFencePluginKit",
                "CStreamFencePlugin",
                "CStreamFenceShim", nioPosix, logging, yams,
            ]
        ),
        // The process's HTTP side, on a port of its own: metrics, health, the publish API.
        .target(
            name: "StreamFenceManagement",
            dependencies: [
                "StreamFence", "StreamFenceSocketIO", "StreamFencePluginKit", hummingbird, hummingbirdCore, nioCore,
                nioPosix, logging, serviceLifecycle,
            ]
        ),
        .executableTarget(
            name: "StreamFenceCLI",
            dependencies: [
                "StreamFence", "StreamFenceHosting", "StreamFenceManagement", "StreamFencePluginChecks",
                "StreamFencePluginKit", "StreamFenceClient", "StreamFenceSocketIO", "StreamFenceEngineIO", nioCore,
                nioPosix, logging, serviceLifecycle, unixSignals, argumentParser,
            ],
            // A plugin must not find its symbols in the executable.
            linkerSettings: [.unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(platforms: [.linux]))]
        ),
        // What the plugin boundary costs an overflow decision. Here and not in the package beside it, as it needs to see lanes.
        .executableTarget(
            name: "DecisionBenchmark",
            dependencies: [
                "StreamFenceDelivery", "StreamFenceHosting", "StreamFenceBuiltin", "StreamFencePluginKit", nioCore,
                nioEmbedded, argumentParser,
            ],
            path: "Benchmarks/Micro",
            linkerSettings: [.unsafeFlags(["-Xlinker", "--no-export-dynamic"], .when(platforms: [.linux]))]
        ),
        // A websocket client that sends exactly what a test says, broken packets included; shared by two test targets.
        .target(name: "StreamFenceTestSupport", path: "Tests/StreamFenceTestSupport"),
        .target(
            name: "StreamFenceTestClient",
            dependencies: ["StreamFenceEngineIO", nioCore, nioPosix],
            path: "Tests/StreamFenceTestClient"
        ),
        .testTarget(
            name: "StreamFenceEngineIOTests",
            dependencies: [
                "StreamFenceEngineIO", "StreamFenceTestSupport", nioCore, nioEmbedded, nioHTTP1, logging,
            ]
        ),
        .testTarget(
            name: "StreamFenceSocketIOTests",
            dependencies: ["StreamFenceSocketIO", "StreamFenceTestSupport", nioCore]
        ),
        .testTarget(
            name: "StreamFenceDeliveryTests",
            dependencies: [
                "StreamFenceDelivery", "StreamFenceBuiltin", "StreamFencePluginKit", "CStreamFencePlugin",
                "StreamFenceTestSupport", nioCore, nioEmbedded,
            ]
        ),
        .testTarget(
            name: "StreamFenceBuiltinTests",
            dependencies: ["StreamFenceBuiltin", "StreamFencePluginKit", "StreamFenceHosting", logging]
        ),
        .testTarget(
            name: "StreamFencePluginChecksTests",
            dependencies: ["StreamFencePluginChecks", "StreamFenceBuiltin", "StreamFencePluginKit"]
        ),
        .testTarget(
            name: "StreamFenceSocketIOServerTests",
            dependencies: [
                "StreamFenceSocketIO", "StreamFenceEngineIO", "StreamFenceTestClient", logging, nioCore, nioPosix,
            ]
        ),
        .testTarget(
            name: "StreamFenceTests",
            dependencies: [
                "StreamFence", "StreamFenceBuiltin", "StreamFenceSocketIO", "StreamFenceEngineIO",
                "StreamFenceDelivery",
                "StreamFencePluginKit", "StreamFenceTestClient", "StreamFenceTestSupport", logging, metrics, nioCore,
                nioPosix, nioEmbedded, serviceLifecycle,
            ]
        ),
        .testTarget(
            name: "StreamFenceManagementTests",
            dependencies: [
                "StreamFence", "StreamFenceManagement", "StreamFenceSocketIO", "StreamFenceTestClient", hummingbird,
                logging, nioCore,
            ]
        ),
        .testTarget(
            name: "StreamFenceClientTests",
            dependencies: [
                "StreamFenceClient", "StreamFenceSocketIO", "StreamFenceEngineIO", nioCore, nioPosix, nioEmbedded,
                logging,
            ]
        ),
        .testTarget(
            name: "StreamFenceHostingTests",
            dependencies: [
                "StreamFence", "StreamFenceHosting", "StreamFenceBuiltin", "StreamFencePluginKit", "CStreamFencePlugin",
                logging,
            ],
            resources: [.copy("Fixtures")]
        ),
    ],
    swiftLanguageModes: [.v6]
)

// In the checks a warning is an error (`Scripts/test`). Only there: unsafe flags would keep others from depending on this
// package by a tag.
if Context.environment["STREAMFENCE_CHECKS"] == "1" {
    for target in package.targets {
        target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-warnings-as-errors"])]
    }
}
