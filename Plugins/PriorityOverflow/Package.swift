// swift-tools-version:6.3
import PackageDescription

let package = Package(
    name: "streamfence-priority",
    platforms: [.macOS(.v15)],
    products: [.library(name: "streamfence_priority", type: .dynamic, targets: ["PriorityOverflow"])],
    dependencies: [.package(path: "../../PluginSDK")],
    targets: [
        .target(
            name: "PriorityOverflow",
            dependencies: [.product(name: "StreamFencePlugin", package: "PluginSDK")],
            path: "Sources",
            // The plugin takes its own symbols for its own, whatever the program or another plugin exports.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-Bsymbolic"], .when(platforms: [.linux]))]
        )
    ],
    swiftLanguageModes: [.v6]
)
