import Foundation
import StreamFenceBuiltin
import StreamFencePluginChecks
import StreamFencePluginKit
import Testing

@Suite("The contract of plugins, and what comes with StreamFence")
struct BuiltinContractTests {
    /// Of the policies and stores; the options that a check of another kind needs are its own.
    static let components = Builtin.components.filter { [.overflowPolicy, .spillStore].contains($0.kind) }

    @Test("Every built-in policy and store keeps it", arguments: components.map(\.name))
    func builtin(name: String) async throws {
        let component = try #require(Self.components.first { $0.name == name })
        try await withFolder { folder in
            let settings = ContractCheckSettings(folder: folder)
            for check in ContractCheck.all(of: component, options: [:], settings: settings) {
                #expect(await check.violation() == nil, "\(check.name)")
            }
        }
    }
}

/// Calls `body` with a folder that is removed afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("streamfence-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.path)
}
