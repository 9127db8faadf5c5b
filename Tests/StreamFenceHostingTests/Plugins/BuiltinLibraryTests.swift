import Logging
import StreamFencePluginKit
import Testing

@testable import StreamFence
@testable import StreamFenceHosting

@Suite("The library with the built-in plugins")
struct BuiltinLibraryTests {
    @Test("It offers what is linked into the program, but for the sink that is for programs")
    func components() throws {
        let loaded = try PluginLoader().load(.ofTheseTests).components.map { "\($0.kind) \($0.name)" }
        let linked = PluginRegistry.builtin.entries.map { "\($0.component.kind) \($0.component.name)" }
        #expect(loaded.sorted() == linked.filter { $0 != "metricsSink swift-metrics" }.sorted())
    }

    @Test("A server can be made whose every policy comes out of it")
    func server() throws {
        var registry = PluginRegistry()
        try registry.register(try PluginLoader().load(.ofTheseTests).components)
        for policy in registry.entries where policy.component.kind == .overflowPolicy {
            var namespace = NamespaceConfiguration(path: "/feed", topics: ["snapshot"])
            namespace.overflowPolicy = PluginChoice(use: policy.component.name)
            let configuration = ServerConfiguration(port: 0, namespaces: [namespace])
            #expect(configuration.problems(registry: registry).isEmpty)
        }
    }
}
