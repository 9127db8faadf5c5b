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

    @Test("Each policy of it decides as the linked one of its name")
    func policies() throws {
        var loaded = PluginRegistry()
        try loaded.register(try PluginLoader().load(.ofTheseTests).components)
        let names = loaded.entries.map(\.component).filter { $0.kind == .overflowPolicy }.map(\.name)
        var decisions: [OverflowDecision] = []
        for choice in names.map({ PluginChoice(use: $0) }) {
            let policies = try [loaded, .builtin].map { try $0.overflowPolicy(choice) }
            for key in ["a", ""] { #expect(policies[0].decide(key: key) == policies[1].decide(key: key)) }
            decisions.append(policies[0].decide(key: "a"))
        }
        // No two of them are taken for each other.
        #expect(names.count == 6 && decisions.allSatisfy { each in decisions.count { $0 == each } == 1 })
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
