import StreamFence
import Testing

@testable import StreamFenceHosting

@Suite("Loading a file")
struct LoadTests {
    private func message(_ path: String) -> String? {
        do {
            _ = try ConfigurationFile.load(path)
            return nil
        } catch {
            return error.description
        }
    }

    @Test("One server of a file is loaded by its name")
    func oneServer() throws {
        let server = try ServerConfiguration.load(fixture("Good/merge.yaml"), server: "feed")
        #expect(server.name == "feed")
        #expect(server.port == 3000)
    }

    @Test("What a file says of a server can be changed before it is made")
    func changedAfterwards() async throws {
        var configuration = try ServerConfiguration.load(fixture("Good/merge.yaml"), server: "feed")
        configuration.host = "127.0.0.1"
        configuration.port = 0
        let server = try StreamFenceServer(configuration: configuration, logger: silent)
        try await server.start()
        #expect(server.configuration.namespaces == configuration.namespaces)
        #expect(try #require(server.port) != 3000)
        try await server.stop()
    }

    @Test("A server that the file doesn't have is named, with those it has")
    func noSuchServer() {
        let path = fixture("Good/merge.yaml")
        let error = #expect(throws: ConfigurationFileError.self) {
            try ServerConfiguration.load(path, server: "fed")
        }
        let expected = #"\#(path): no server "fed" in this file, which has feed; did you mean feed?"#
        #expect(error?.description == expected)
    }

    @Test("A file that is missing or a folder says so")
    func unreadable() {
        #expect(message("/nowhere/file.yaml") == "/nowhere/file.yaml: can't be read: No such file or directory")
        #expect(message("/") == "/: expected a name ending in .yaml, .yml or .json, found no extension")
    }

    @Test("A folder that is named like a file says so")
    func folder() throws {
        try withFolder("folder.yaml") {
            #expect(message($0) == "\($0): can't be read: Is a directory")
        }
    }

    @Test("A file of 1 MiB is read, one of a byte more is refused")
    func size() throws {
        let text = Array(feed().utf8)
        let padding = [UInt8](repeating: UInt8(ascii: "\n"), count: largestFile - text.count)
        try withFile("a.yml", holding: text + padding) { #expect(message($0) == nil) }
        try withFile("a.yml", holding: text + padding + [10]) {
            #expect(message($0) == "\($0): expected at most 1048576 bytes, found more")
        }
    }

    @Test("The environment of the process serves by default")
    func processEnvironmentServes() throws {
        let path = try #require(processEnvironment()["PATH"])
        let file = try ConfigurationFile.parse(feed(server: "host: \"${PATH}\""), format: .yaml)
        #expect(file.servers.first?.host == path)
    }

    @Test("A problem stays on one line, whatever the file holds")
    func oneLine() {
        let found = problems("servers:\n  \"a\\nb\\u2028\": {port: \"x\\ty\"}\n  c: {namespaces: [{path: \"d\\ne\"}]}")
        #expect(found.allSatisfy { !$0.contains(where: \.isNewline) && !$0.contains("\t") })
        #expect(found.contains { $0.hasPrefix(#"file:2: servers.a\nb\u{2028}.port: expected an integer"#) })
    }
}

@Suite("Suggested names")
struct SpellingTests {
    @Test("The nearest name is suggested, and none where none is near")
    func suggestions() {
        let names = ["maxInFlight", "maxRetries", "path", "port"]
        #expect(nearest(to: "maxInFligth", in: names) == "maxInFlight")
        #expect(nearest(to: "max_in_flight", in: names) == "maxInFlight")
        #expect(nearest(to: "prt", in: names) == "port")
        #expect(nearest(to: "pathh", in: names) == "path")
        #expect(nearest(to: "colour", in: names) == nil)
        #expect(nearest(to: "", in: names) == nil)
        #expect(nearest(to: String(repeating: "x", count: 100_000), in: names) == nil)
    }
}
