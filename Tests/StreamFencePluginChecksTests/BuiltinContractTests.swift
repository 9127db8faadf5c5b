import Foundation
import StreamFenceBuiltin
import StreamFencePluginChecks
import StreamFencePluginKit
import Testing

@Suite("The contract of plugins, and what comes with StreamFence")
struct BuiltinContractTests {
    @Test("Every built-in component keeps it", arguments: Builtin.components.map { "\($0.kind.rawValue) \($0.name)" })
    func builtin(title: String) async throws {
        let component = try #require(Builtin.components.first { "\($0.kind.rawValue) \($0.name)" == title })
        let isStatic = component.name == "static"
        let options: [String: PluginOption] = isStatic ? ["tokens": ["alice": "token of alice"]] : [:]
        try component.check(options)
        try await withFolder { folder in
            let settings = ContractCheckSettings(folder: folder, goodTokens: isStatic ? ["token of alice"] : [])
            for check in ContractCheck.all(of: component, options: options, settings: settings) {
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
