// swift-tools-version:6.3
import PackageDescription

let package = Package(
    name: "friend",
    platforms: [.macOS(.v15)],
    products: [.library(name: "friend", type: .dynamic, targets: ["Friend"])],
    dependencies: [.package(path: "../../../PluginSDK")],
    targets: [
        .target(
            name: "Friend",
            dependencies: [.product(name: "StreamFencePlugin", package: "PluginSDK")],
            path: "Sources",
            linkerSettings: [.unsafeFlags(["-Xlinker", "-Bsymbolic"], .when(platforms: [.linux]))]
        )
    ],
    swiftLanguageModes: [.v6]
)
