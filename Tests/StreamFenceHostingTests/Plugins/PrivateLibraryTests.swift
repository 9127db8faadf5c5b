import Foundation
import StreamFencePluginKit
import Testing

@testable import StreamFenceHosting

/// A plugin that needs a library which nobody else has, beside it.
///
/// The loader does nothing for it: the dynamic linker looks in `$ORIGIN`, as the plugin's own run path asks for, and that is the
/// folder which has been checked. Symbolic links are followed before, so it is where the file lies.
@Suite("Plugins with a library of their own")
struct PrivateLibraryTests {
    /// - Parameters:
    ///   - name: of the library. The linker takes one of that name that the process has already for the same, wherever it lies.
    ///   - isThere: whether it is beside the plugin.
    private func plugin(needing name: String = "private-library.so", isThere: Bool = true) throws -> Fixture {
        let library = try Fixture("private-library.c", flags: ["-shared", "-fPIC", "-Wl,-soname,\(name)"])
        let flags = ["-shared", "-fPIC", "-Wl,-rpath,$ORIGIN", "-Wl,--no-as-needed", library.path]
        let plugin = try Fixture("with-private-library.c", flags: flags)
        if isThere { try FileManager.default.copyItem(atPath: library.path, toPath: "\(plugin.folder)/\(name)") }
        return plugin
    }

    @Test("One that finds its library in its folder is loaded before and after another", arguments: [true, false])
    func inTurn(isFirst: Bool) throws {
        let (special, plain) = (try plugin(), try Fixture("good.c"))
        let loaded = try (isFirst ? [special, plain] : [plain, special]).map { try $0.load() }
        let names = isFirst ? ["as-the-library-says", "fixture"] : ["fixture", "as-the-library-says"]
        let decisions = try zip(loaded, names).map { try $0.policy($1).decideOnOneMessage() }
        let expected = [OverflowDecision.evictOldest(count: 3), .evictOldest(count: 1)]
        #expect(decisions == (isFirst ? expected : expected.reversed()))
    }

    @Test("One that is a link to where its library is finds it there")
    func linked() throws {
        let special = try plugin()
        let link = "\(special.folder)/link.so"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: special.path)
        let loaded = try PluginLoader(logger: silent).load("link.so", in: special.folder)
        #expect(try loaded.policy("as-the-library-says").decideOnOneMessage() == .evictOldest(count: 3))
    }

    @Test("One whose library is missing is refused with the library's name, and the next is loaded")
    func missing() throws {
        let refusal = try plugin(needing: "missing-library.so", isThere: false).refusal()
        #expect(refusal?.code == .linkFailed)
        #expect(refusal?.message.contains("missing-library.so: cannot open shared object file") == true)
        #expect(try Fixture("good.c").load().policy("fixture").decideOnOneMessage() == .evictOldest(count: 1))
    }
}
