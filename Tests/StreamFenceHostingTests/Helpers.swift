import Foundation
import StreamFence

@testable import StreamFenceHosting

/// The problems of a configuration in YAML, one line each; empty where it is fine.
func problems(
    _ yaml: String,
    format: ConfigurationFile.Format = .yaml,
    environment: [String: String] = [:]
) -> [String] {
    do {
        _ = try ConfigurationFile.parse(yaml, format: format, name: "file", environment: environment)
        return []
    } catch {
        return error.problems.map(\.description)
    }
}

/// A server `feed` with one namespace, and further lines for either.
func feed(server: String = "", namespace: String = "") -> String {
    """
    servers:
      feed:
        port: 3000
        namespaces:
          - path: /feed
            topics: [snapshot]
    \(namespace.indented(by: 8))
    \(server.indented(by: 4))
    """
}

extension String {
    fileprivate func indented(by count: Int) -> String {
        split(separator: "\n").map { String(repeating: " ", count: count) + $0 }.joined(separator: "\n")
    }
}

/// The folder of files that come with these tests.
func fixture(_ name: String) -> String {
    "\(Bundle.module.bundlePath)/Fixtures/\(name)"
}

/// Runs `body` with a folder of that name, and removes it.
func withFolder(_ name: String, _ body: (String) throws -> Void) throws {
    let parent = FileManager.default.temporaryDirectory.appendingPathComponent("streamfence-\(UUID().uuidString)")
    let folder = parent.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: parent) }
    try body(folder.path)
}

/// Runs `body` with a file of that name, and removes it.
func withFile(_ name: String, holding bytes: [UInt8], _ body: (String) throws -> Void) throws {
    try withFolder("files") { folder in
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
        try body("\(folder)/\(name)")
    }
}
