// swift-tools-version:6.3
import PackageDescription

let package = Package(
    name: "streamfence-webhook",
    platforms: [.macOS(.v15)],
    products: [.library(name: "streamfence_webhook", type: .dynamic, targets: ["Webhook"])],
    dependencies: [
        .package(path: "../../PluginSDK"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.30.0"),
        .package(url: "https://github.com/apple/swift-crypto", "3.12.3"..<"5.0.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.30.0"),
    ],
    targets: [
        .target(
            name: "Webhook",
            dependencies: [
                .product(name: "StreamFencePlugin", package: "PluginSDK"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            path: "Sources",
            // The plugin takes its own symbols for its own, whatever the program or another plugin exports.
            linkerSettings: [.unsafeFlags(["-Xlinker", "-Bsymbolic"], .when(platforms: [.linux]))]
        )
    ],
    swiftLanguageModes: [.v6]
)
