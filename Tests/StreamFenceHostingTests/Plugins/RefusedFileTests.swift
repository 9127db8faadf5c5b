import Foundation
import Testing

@testable import StreamFenceHosting

@Suite("Files that are refused before any of their code runs")
struct RefusedFileTests {
    @Test("One that is not there")
    func missing() throws {
        let refusal = try Fixture(empty: "missing.so").refusal()
        #expect(refusal?.code == .missing)
        #expect(
            refusal?.message == "plugin FOLDER/missing.so: expected to read FOLDER/missing.so, "
                + "found \"No such file or directory\""
        )
    }

    @Test("One in a folder that is not there")
    func missingFolder() {
        #expect(throws: PluginLoadError.self) { try PluginLoader().load("a.so", in: "/nowhere") }
    }

    @Test("One in another folder, wherever the path seems to lead")
    func outside() throws {
        let (good, other) = (try Fixture("good.c"), try Fixture(empty: "linked.so"))
        try FileManager.default.createSymbolicLink(atPath: other.path, withDestinationPath: good.path)
        let way = "../\(URL(fileURLWithPath: good.folder).lastPathComponent)/good.so"
        for name in [good.path, other.name, way] {
            let error = #expect(throws: PluginLoadError.self) { try PluginLoader().load(name, in: other.folder) }
            #expect(error?.code == .outsideFolder)
            #expect(error?.message == "expected a file in \(other.folder), found \(good.path)")
        }
    }

    @Test("One in a folder within the folder")
    func inside() throws {
        let good = try Fixture("good.c")
        let parent = URL(fileURLWithPath: good.folder).deletingLastPathComponent().path
        #expect(throws: PluginLoadError.self) { try PluginLoader().load(good.path, in: parent) }
    }

    @Test("One that others may write to", arguments: [0o775, 0o757])
    func writableFile(mode: Int) throws {
        let good = try Fixture("good.c")
        try good.setMode(mode, of: good.path)
        let refusal = good.refusal()
        #expect(refusal?.code == .writableByOthers)
        #expect(
            refusal?.message == "plugin FOLDER/good.so: expected the file to be writable by its owner alone, "
                + "found the mode 0\(String(mode, radix: 8))"
        )
    }

    @Test("One in a folder that others may write to", arguments: [0o775, 0o757])
    func writableFolder(mode: Int) throws {
        let good = try Fixture("good.c")
        try good.setMode(mode, of: good.folder)
        let refusal = good.refusal()
        #expect(refusal?.code == .writableByOthers)
        #expect(
            refusal?.message == "plugin FOLDER/good.so: expected FOLDER to be writable by its owner alone, "
                + "found the mode 0\(String(mode, radix: 8))"
        )
    }

    @Test("One of another user")
    func owner() {
        var status = stat()
        status.st_uid = geteuid() + 1
        let error = #expect(throws: PluginLoadError.self) {
            try FilePath.requireTrusted(status, "the file", for: "/a.so")
        }
        #expect(error?.code == .untrustedOwner)
    }

    @Test("A folder")
    func folder() throws {
        let fixture = try Fixture(empty: "folder.so")
        try FileManager.default.createDirectory(atPath: fixture.path, withIntermediateDirectories: false)
        #expect(fixture.refusal()?.code == .notRegularFile)
    }

    @Test("A pipe, for which nobody waits")
    func pipe() throws {
        let fixture = try Fixture(empty: "pipe.so")
        #expect(mkfifo(fixture.path, 0o600) == 0)
        #expect(fixture.refusal()?.code == .notRegularFile)
    }

    @Test("One with another SHA-256; with the right one it is loaded")
    func hash() throws {
        let good = try Fixture("good.c")
        let refusal = good.refusal(sha256: String(repeating: "0", count: 64))
        #expect(refusal?.code == .wrongHash)
        let found = try #require(refusal?.message.split(separator: " ").last)
        #expect(
            refusal?.message == "plugin FOLDER/good.so: expected the SHA-256 \(String(repeating: "0", count: 64)), "
                + "found \(found)"
        )
        #expect(good.refusal(sha256: found.uppercased()) == nil)
    }

    @Test("A text file")
    func text() throws {
        let fixture = try Fixture(empty: "text.so")
        try Data("#!/bin/sh\n".utf8).write(to: URL(fileURLWithPath: fixture.path))
        try fixture.setMode(0o644, of: fixture.path)
        let refusal = fixture.refusal()
        #expect(refusal?.code == .notSharedObject)
        #expect(
            refusal?.message == "plugin FOLDER/text.so: expected an ELF shared object, found another kind of file"
        )
    }

    @Test("A file that was cut off, wherever", arguments: [5, 100, 1000, -1])
    func truncated(length: Int) throws {
        let good = try Fixture("good.c")
        try good.change { $0 = length < 0 ? $0.dropLast(-length) : $0.prefix(length) }
        let refusal = good.refusal()
        #expect(refusal?.code == .truncated)
        #expect(refusal?.message.hasPrefix("plugin FOLDER/good.so: expected at least ") == true)
    }

    @Test("One for another processor")
    func processor() throws {
        let good = try Fixture("good.c")
        // EM_S390, which nobody runs these tests on.
        try good.change { $0.replaceSubrange(18..<20, with: [22, 0]) }
        let refusal = good.refusal()
        #expect(refusal?.code == .wrongProcessor)
        #expect(refusal?.message.hasSuffix("found ELF machine 22") == true)
    }

    @Test("One of 32 bits, or big endian", arguments: [4, 5])
    func form(byte: Int) throws {
        let good = try Fixture("good.c")
        try good.change { $0[byte] = $0[byte] == 1 ? 2 : 1 }
        #expect(good.refusal()?.code == .notSharedObject)
    }

    @Test("An executable, of either kind", arguments: [["-pie"], ["-no-pie"]])
    func executable(flags: [String]) throws {
        let refusal = try Fixture("executable.c", flags: flags).refusal()
        #expect(refusal?.code == .notSharedObject)
        #expect(refusal?.message == "plugin FOLDER/executable.so: expected a shared object, found an executable")
    }

    @Test("One that was replaced after it was loaded")
    func replaced() throws {
        let good = try Fixture("good.c")
        let first = try good.load()
        #expect(try good.load() === first)
        try good.change { $0.append(0) }
        let refusal = good.refusal()
        #expect(refusal?.code == .changed)
        #expect(
            refusal?.message == "plugin FOLDER/good.so: the file was replaced after this process had loaded it; "
                + "restart the process"
        )
    }
}
