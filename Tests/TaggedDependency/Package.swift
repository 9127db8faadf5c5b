// swift-tools-version:6.3
import PackageDescription

// Depends on StreamFence as others do: on a version of a git repository, where SwiftPM is stricter than with a folder.
// `Scripts/test` makes the repository of the tree as it is, and gives its address and version.
guard let repository = Context.environment["STREAMFENCE_REPOSITORY"],
    let version = Context.environment["STREAMFENCE_VERSION"].flatMap({ Version($0) })
else {
    fatalError("expected STREAMFENCE_REPOSITORY, a git URL, and STREAMFENCE_VERSION, one of its tags")
}

let package = Package(
    name: "tagged-dependency",
    platforms: [.macOS(.v15)],
    products: [.library(name: "porter", type: .dynamic, targets: ["Porter"])],
    dependencies: [.package(url: repository, exact: version)],
    targets: [
        .executableTarget(
            name: "embedder",
            dependencies: [
                .product(name: "StreamFence", package: "streamfence"),
                .product(name: "StreamFenceHosting", package: "streamfence"),
                .product(name: "StreamFenceManagement", package: "streamfence"),
                .product(name: "StreamFenceClient", package: "streamfence"),
                .product(name: "StreamFenceSocketIO", package: "streamfence"),
            ],
            path: "Embedder"
        ),
        .target(
            name: "Porter",
            dependencies: [.product(name: "StreamFencePlugin", package: "streamfence")],
            path: "Plugin",
            linkerSettings: [.unsafeFlags(["-Xlinker", "-Bsymbolic"], .when(platforms: [.linux]))]
        ),
    ],
    swiftLanguageModes: [.v6]
)
