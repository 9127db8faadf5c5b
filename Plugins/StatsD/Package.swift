// swift-tools-version:6.3
import PackageDescription

let package = Package(
    name: "streamfence-statsd",
    platforms: [.macOS(.v15)],
    products: [.library(name: "streamfence_statsd", type: .dynamic, targets: ["StatsD"])],
    dependencies: [.package(path: "../../PluginSDK")],
    targets: [
        .target(
            name: "StatsD",
            dependencies: [.product(name: "StreamFencePlugin", package: "PluginSDK")],
            path: "Sources",
            // The plugin takes its own symbols for its own, whatever the program or another plugin exports.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-Bsymbolic"], .when(platforms: [.linux]))]
        )
    ],
    swiftLanguageModes: [.v6]
)
