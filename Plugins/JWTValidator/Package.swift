// swift-tools-version:6.3
import PackageDescription

let package = Package(
    name: "streamfence-jwt",
    platforms: [.macOS(.v15)],
    products: [.library(name: "streamfence_jwt", type: .dynamic, targets: ["JWTValidator"])],
    dependencies: [
        .package(path: "../../PluginSDK"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.0.0"),
    ],
    targets: [
        .target(
            name: "JWTValidator",
            dependencies: [
                .product(name: "StreamFencePlugin", package: "PluginSDK"),
                .product(name: "JWTKit", package: "jwt-kit"),
            ],
            path: "Sources",
            // The plugin takes its own symbols for its own, whatever the program or another plugin exports.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-Bsymbolic"], .when(platforms: [.linux]))]
        )
    ],
    swiftLanguageModes: [.v6]
)
