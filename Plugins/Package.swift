// swift-tools-version:6.3
import PackageDescription

// All bundled plugins in Swift in one build, for Scripts/plugins: what several of them need is compiled once. Each is a package of
// its own as well.
let package = Package(
    name: "streamfence-bundled",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(path: "PriorityOverflow"), .package(path: "StatsD"), .package(path: "JWTValidator"),
        .package(path: "Webhook"),
    ],
    targets: [
        .target(
            name: "Bundled",
            dependencies: [
                .product(name: "streamfence_priority", package: "PriorityOverflow"),
                .product(name: "streamfence_statsd", package: "StatsD"),
                .product(name: "streamfence_jwt", package: "JWTValidator"),
                .product(name: "streamfence_webhook", package: "Webhook"),
            ],
            path: "Testing/Bundled"
        )
    ]
)
