// swift-tools-version:6.1
import PackageDescription

// What a plugin is built against: a package of its own without dependencies, so that a plugin builds in seconds. The root
// package compiles the same sources.
let package = Package(
    name: "streamfence-plugin-sdk",
    platforms: [.macOS(.v15)],
    products: [.library(name: "StreamFencePluginKit", targets: ["StreamFencePluginKit"])],
    targets: [.target(name: "StreamFencePluginKit")],
    swiftLanguageModes: [.v6]
)
