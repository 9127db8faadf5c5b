import Foundation
import StreamFencePluginKit
import Testing

@testable import StreamFence
@testable import StreamFenceHosting

@Suite("The plugins section of a configuration")
struct PluginsSectionTests {
    @Test("A server can name what a loaded plugin offers, wherever in the file the section stands")
    func use() throws {
        let file = try Fixture("good.c").file(policy: "{use: fixture, options: {limit: 3}}")
        #expect(file.loaded.plugins.map(\.name) == ["fixture"])
        #expect(file.loaded.registry.entries.contains { $0.component.name == "fixture" })
        _ = try StreamFenceServer(configuration: file.servers[0], registry: file.loaded.registry, logger: silent)
    }

    @Test("A name that no plugin has is refused with those that there are")
    func unknownUse() throws {
        let found = try Fixture("good.c").problems(policy: "{use: fixtrue}")
        #expect(
            found == [
                "file:7: servers.feed.namespaces[0].overflowPolicy.use: expected one of coalesce, disconnect, drop-oldest, "
                    + "fixture, reject-new, snapshot-only, spill-to-disk, found \"fixtrue\"; did you mean fixture?"
            ]
        )
    }

    @Test("An option that the plugin does not know is refused in its words, on the option's line")
    func unknownOption() throws {
        let found = try Fixture("good.c").problems(policy: "{use: fixture, options: {lmit: 3}}")
        #expect(
            found == [
                "file:7: servers.feed.namespaces[0].overflowPolicy.options.lmit: unknown option; did you mean limit?"
            ]
        )
    }

    @Test("A name that is taken is refused on the line of the file")
    func takenName() throws {
        let fixture = try Fixture("taken-name.c")
        let found = fixture.problems(policy: "{use: drop-oldest}")
        #expect(
            found == [
                "file:11: plugins.load[0].path: overflow policy drop-oldest of \(fixture.path): the name is taken by "
                    + "that of StreamFence itself"
            ]
        )
    }

    @Test("dlopen takes the built-in plugins from the library", arguments: ["dlopen", "auto"])
    func dlopen(builtin: String) throws {
        let loader = PluginLoader(builtinLibrary: .ofTheseTests, logger: silent)
        let file = try Fixture("good.c").file(builtin: builtin, policy: "{use: drop-oldest}", loader: loader)
        #expect(file.loaded.plugins.map(\.name) == ["streamfence-builtin", "fixture"])
        let origins = file.loaded.registry.entries.filter { $0.component.name == "drop-oldest" }.map(\.origin)
        #expect(origins == [.file(BuiltinLibrary.ofTheseTests.path)])
    }

    @Test("linked does not look for the library")
    func linked() throws {
        let loader = PluginLoader(builtinLibrary: .ofTheseTests, logger: silent)
        #expect(try loader.load(PluginsConfiguration(builtin: .linked)).plugins.isEmpty)
    }

    @Test("Where the library is absent, auto warns and dlopen refuses")
    func absent() throws {
        let lines = Lines()
        let fixture = try Fixture(empty: "streamfence")
        let loader = PluginLoader(builtinLibrary: BuiltinLibrary(beside: fixture.path), logger: lines.logger)
        let missing = "\(fixture.folder)/libstreamfence_builtin.so"
        #expect(try loader.load(PluginsConfiguration()).plugins.isEmpty)
        #expect(
            lines.all == [
                "warning: the built-in plugins are those linked into the executable: there is no \(missing)"
            ]
        )
        let error = #expect(throws: ConfigurationError.self) {
            try loader.load(PluginsConfiguration(builtin: .dlopen))
        }
        #expect(
            error?.description == "plugins.builtin: plugin \(missing): expected to read \(missing), "
                + "found \"No such file or directory\""
        )
    }

    @Test("Where the library was left behind by an earlier build, auto uses what is linked")
    func old() throws {
        let fixture = try Fixture("good.c")
        let library = BuiltinLibrary(beside: fixture.path)
        try FileManager.default.copyItem(atPath: fixture.path, toPath: library.path)
        #expect(library.drawback == nil)
        let hourAgo = Date(timeIntervalSinceNow: -3600)
        try FileManager.default.setAttributes([.modificationDate: hourAgo], ofItemAtPath: library.path)
        #expect(library.drawback == "\(library.path) is older than \(fixture.path)")
    }

    @Test("The library may be as writable as its executable, and no more")
    func modeOfTheLibrary() throws {
        let fixture = try Fixture("good.c")
        let library = BuiltinLibrary(beside: fixture.path)
        try FileManager.default.copyItem(atPath: fixture.path, toPath: library.path)
        try fixture.setMode(0o775, of: library.path)
        let error = #expect(throws: PluginLoadError.self) { try PluginLoader(logger: silent).load(library) }
        #expect(error?.code == .writableByOthers)
        try fixture.setMode(0o775, of: fixture.path)
        #expect(try PluginLoader(logger: silent).load(library).name == "fixture")
    }
}

extension Fixture {
    /// A server with a policy, in a configuration that loads this plugin.
    private func yaml(_ builtin: String, _ policy: String) -> String {
        """
        servers:
          feed:
            port: 0
            namespaces:
              - path: /feed
                topics: [snapshot]
                overflowPolicy: \(policy)
        plugins:
          directory: \(folder)
          builtin: \(builtin)
          load: [{path: \(name)}]
        """
    }

    fileprivate func file(
        builtin: String = "linked",
        policy: String,
        loader: PluginLoader = PluginLoader(logger: silent)
    ) throws -> ConfigurationFile {
        try ConfigurationFile.parse(yaml(builtin, policy), format: .yaml, loader: loader)
    }

    fileprivate func problems(policy: String) -> [String] {
        StreamFenceHostingTests.problems(yaml("linked", policy))
    }
}
