// swift-tools-version:6.3
import PackageDescription

// What a plugin is built against: a package of its own without dependencies, so that a plugin builds in seconds. The root
// package compiles the same sources.
let package = Package(
    name: "streamfence-plugin-sdk",
    platforms: [.macOS(.v15)],
    products: [
        // For what becomes a shared object that a server loads.
        .library(name: "StreamFencePlugin", targets: ["StreamFencePluginKit", "CStreamFencePluginExport"]),
        // The protocols alone, for tests of a plugin and for code that is linked into a program.
        .library(name: "StreamFencePluginKit", targets: ["StreamFencePluginKit"]),
    ],
    targets: [
        .target(name: "CStreamFencePlugin"),
        .target(name: "CStreamFencePluginExport", dependencies: ["CStreamFencePlugin"]),
        .target(name: "StreamFencePluginKit", dependencies: ["CStreamFencePlugin"]),
    ],
    swiftLanguageModes: [.v6]
)
