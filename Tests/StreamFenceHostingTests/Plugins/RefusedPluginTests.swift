import CStreamFencePlugin
import StreamFencePluginKit
import Testing

@testable import StreamFence
@testable import StreamFenceHosting

/// A plugin that is broken, and why it is refused.
struct Broken: Sendable, CustomTestStringConvertible {
    let source: String
    let code: PluginLoadError.Code
    let message: String

    var testDescription: String { source }

    init(_ source: String, _ code: PluginLoadError.Code, _ message: String) {
        self.source = source
        self.code = code
        self.message = message
    }
}

private let broken = [
    Broken(
        "no-record.c",
        .notPlugin,
        "expected the symbol streamfence_plugin_abi of a StreamFence plugin, found none; "
            + "SF_DECLARE_PLUGIN makes it in C, the product StreamFencePlugin in Swift"
    ),
    Broken("wrong-magic.c", .wrongMagic, "expected the magic number 0x53464e43, found 0x12345678"),
    Broken(
        "newer-major.c",
        .wrongVersion,
        "expected version 1.0 to 1.0 of the plugin contract, found 2.0 (compiled by cc); build it against this version"
    ),
    Broken(
        "newer-minor.c",
        .wrongVersion,
        "expected version 1.0 to 1.0 of the plugin contract, found 1.1 (compiled by cc); build it against this version"
    ),
    Broken(
        "short-component.c",
        .wrongSize,
        "expected sf_component to have \(MemoryLayout<sf_component>.size) bytes, found 32"
    ),
    Broken(
        "short-table.c",
        .wrongSize,
        "expected the table of overflow policy fixture to have 24 bytes, found 12"
    ),
    Broken(
        "null-function.c",
        .missingFunction,
        "expected overflow policy fixture to have decide, found a null pointer"
    ),
    Broken(
        "init-error.c",
        .initFailed,
        "expected streamfence_plugin_init to describe the plugin, found \"expected a licence, found none\""
    ),
    Broken(
        "init-null.c",
        .initFailed,
        "expected streamfence_plugin_init to describe the plugin, found a null pointer, and no reason"
    ),
    Broken(
        "init-throws.cpp",
        .initFailed,
        "expected streamfence_plugin_init to describe the plugin, found \"C++ exception: out of luck\""
    ),
    Broken(
        "bad-name.c",
        .wrongName,
        "overflow policy \"Drop It\" of FOLDER/bad-name.so: expected a name of 1 to 64 lower case letters, digits and -"
    ),
]

@Suite("Plugins that are refused")
struct RefusedPluginTests {
    @Test("Each broken one is refused, and says why, however often it is tried", arguments: broken)
    func refused(broken: Broken) throws {
        let fixture = try Fixture(broken.source)
        for _ in 1...2 {
            let refusal = fixture.refusal()
            #expect(refusal?.code == broken.code)
            #expect(refusal?.message == "plugin FOLDER/\(fixture.name): \(broken.message)")
        }
    }

    @Test("One that lacks a symbol names it")
    func unresolved() throws {
        let refusal = try Fixture("unresolved-symbol.c").refusal()
        #expect(refusal?.code == .linkFailed)
        #expect(refusal?.message.contains("undefined symbol: nobody_defines_this") == true)
    }

    @Test("A kind that is not known is passed over, with a line in the log")
    func unknownKind() throws {
        let lines = Lines()
        let plugin = try Fixture("good.c").load(logger: lines.logger)
        #expect(plugin.components.map(\.name) == ["fixture"])
        #expect(lines.all == ["notice: passed over a component of a kind that is not known here"])
    }

    @Test("A name that is taken is refused with both places it comes from")
    func takenName() throws {
        let fixture = try Fixture("taken-name.c")
        var registry = PluginRegistry.builtin
        let plugin = try fixture.load()
        let error = #expect(throws: PluginRegistryError.self) {
            try registry.register(plugin.components, from: .file(plugin.file))
        }
        #expect(
            error?.description == "overflow policy drop-oldest of \(fixture.path): the name is taken by that of "
                + "StreamFence itself"
        )
    }

    @Test("An instance that can't be made says why, with the file")
    func createFails() throws {
        let fixture = try Fixture("create-error.c")
        let plugin = try fixture.load()
        let error = #expect(throws: PluginCallError.self) { try plugin.policy("fixture") }
        #expect(
            error?.description == "overflow policy fixture of \(fixture.path): create: "
                + "expected a database, found none"
        )
    }

    @Test("A constructor that crashes ends the child that tries it, and not this process")
    func crashingConstructor() throws {
        let fixture = try Fixture("crashing-constructor.c")
        let streamfence = FilePath.parent(of: executableOfTheseTests) + "/streamfence"
        let probe = PluginProbe(executable: streamfence, arguments: ["probe-plugin"])
        let refusal = fixture.refusal(probe: probe)
        #expect(refusal?.code == .crashes)
        #expect(
            refusal?.message == "plugin FOLDER/crashing-constructor.so: expected a child process to load it and live, "
                + "found \"Aborted\" (signal 6) after it had written \"streamfence: SIGABRT inside the plugin "
                + "FOLDER/crashing-constructor.so, in dlopen\""
        )
        #expect(try Fixture("good.c").refusal(probe: probe) == nil)
    }
}
