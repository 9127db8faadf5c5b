import StreamFence
import Testing

@testable import StreamFenceHosting

@Suite("YAML and JSON")
struct FormatTests {
    @Test("A section can be merged from an alias, and its own keys win")
    func merge() throws {
        let namespaces = try ServerConfiguration.load(fixture("Good/merge.yaml"), server: "feed").namespaces
        #expect(namespaces.map(\.path) == ["/feed", "/prices"])
        #expect(namespaces.map(\.topics) == [["snapshot", "delta"], ["snapshot", "delta"]])
        #expect(namespaces.map(\.overflowAction) == [.dropOldest, .dropOldest])
        #expect(namespaces.map(\.maxQueuedMessagesPerClient) == [10, 20])
    }

    @Test("Several sections can be merged, the first one winning")
    func mergeSeveral() throws {
        let yaml = """
            servers:
              one: &one {port: 1, maxPayload: 10, namespaces: &n [{path: /a, topics: [b]}]}
              two: &two {port: 2, maxPayload: 20, host: 127.0.0.2, namespaces: *n}
              three: {<<: [*one, *two]}
            """
        let three = try #require(try ConfigurationFile.parse(yaml, format: .yaml).servers.last)
        #expect(three.name == "three")
        #expect(three.port == 1)
        #expect(three.maxPayload == 10)
        #expect(three.host == "127.0.0.2")
    }

    @Test("An anchor that is given again holds from there on")
    func anchorGivenAgain() throws {
        let yaml = """
            servers:
              feed:
                port: 3000
                namespaces:
                  - {path: &p /a, topics: [&t b]}
                  - {path: &p /c, topics: [*t]}
                host: *p
            """
        let server = try #require(try ConfigurationFile.parse(yaml, format: .yaml).servers.first)
        #expect(server.host == "/c")
        #expect(server.namespaces.last?.topics == ["b"])
    }

    @Test("A star in a quoted value, a block or a comment is only a star")
    func stars() throws {
        let yaml = feed(server: "cors: {origins: [\"*\", '*']} # *\nhost: |-\n  *a\n  b*") + " # *x"
        let server = try #require(try ConfigurationFile.parse(yaml, format: .yaml).servers.first)
        #expect(server.cors.origins == ["*", "*"])
        #expect(server.host == "*a\nb* # *x")
    }

    @Test("A private-use character that the reader needs for itself is refused, escaped or not")
    func standIns() {
        for character in ["\u{10FF00}", "\u{10FF01}", "\\U0010fF00"] {
            #expect(problems(feed(server: "host: \"\(character)\"")).count == 1)
        }
    }

    @Test("A byte order mark and CR LF change nothing, neither the values nor the lines")
    func byteOrderMark() throws {
        let yaml = "\u{FEFF}" + feed().split(separator: "\n").joined(separator: "\r\n")
        #expect(try ConfigurationFile.parse(yaml, format: .yaml) == ConfigurationFile.parse(feed(), format: .yaml))
        #expect(
            problems(yaml + "\r\n    port: 2") == [
                "file:7: servers.feed.port: duplicate key; it already stands on line 3"
            ]
        )
        let json = #"{"servers": {"feed": {"port": 3000, "namespaces": [{"path": "/feed", "topics": ["snapshot"]}]}}}"#
        #expect(
            try ConfigurationFile.parse("\u{FEFF}" + json, format: .json)
                == ConfigurationFile.parse(feed(), format: .yaml)
        )
    }

    @Test("More repeated keys than are looked for are still refused")
    func manyRepeatedKeys() {
        let found = problems(String(repeating: "servers: {}\n", count: 40))
        #expect(found == ["file:20: duplicate keys: servers"])
    }

    @Test("Nesting and size beyond the limits are refused before they cost anything")
    func limits() {
        let many = 200_000
        let tooDeep = ["file:1: expected at most 64 levels of nesting, found more"]
        #expect(problems(String(repeating: "- ", count: many)) == tooDeep)
        #expect(problems(String(repeating: "[", count: many)) == tooDeep)
        #expect(problems(String(repeating: "[", count: many), format: .json) == tooDeep)
        let tooMany = ["file:1: expected at most 100000 values, found more"]
        #expect(problems("[" + String(repeating: "0,", count: many) + "0]", format: .json) == tooMany)
        #expect(problems("[" + String(repeating: "0,", count: many) + "0]") == tooMany)
    }

    @Test("The deepest nesting that libyaml lets through doesn't exhaust the stack")
    func deepestNesting() {
        for (open, close) in [("[", "]"), ("{a: ", "}"), ("? ", "x"), ("- ", "x")] {
            let yaml =
                String(repeating: open, count: 990) + "x" + String(repeating: close, count: close == "x" ? 0 : 990)
            #expect(problems(yaml).count == 1)
        }
    }

    @Test("JSON takes tabs, CR LF, escapes and surrogate pairs")
    func json() throws {
        let file = try ConfigurationFile.load(fixture("Good/tabs-and-escapes.json"), environment: ["PORT": "3001"])
        let server = try #require(file.servers.first)
        #expect(server.name == "café 😀")
        #expect(server.port == 3001)
        #expect(server.host == "1.2.3.4")
        #expect(
            server.namespaces == [
                {
                    var namespace = NamespaceConfiguration(path: "/feed", topics: ["a\tb"])
                    namespace.allowPolling = false
                    return namespace
                }()
            ]
        )
    }

    @Test(
        "JSON refuses what only looks like a number",
        arguments: ["01", "-", "+1", "1.", ".5", "1e", "1e+", "0x1", "NaN", "--1"]
    )
    func numbers(_ text: String) {
        #expect(throws: SyntaxProblem.self) { try JSONReader.read(text) }
    }

    @Test("JSON takes every form of number", arguments: ["0", "-0", "10", "1.50", "1e3", "1E-3", "-1.5e+10"])
    func goodNumbers(_ text: String) throws {
        #expect(try JSONReader.read(text) == ConfigurationNode(line: 1, scalar: .init(text: text, form: .literal)))
    }

    /// No expectation but that it returns: whatever is cut off or changed, nothing traps.
    @Test(
        "A file that is cut short or damaged anywhere is an answer, never a crash",
        arguments: [
            ("Good/merge.yaml", ConfigurationFile.Format.yaml), ("Broken/duplicate-keys.yaml", .yaml),
            ("Broken/variables.yaml", .yaml), ("Good/tabs-and-escapes.json", .json), ("Broken/wrong-types.json", .json),
        ]
    )
    func damaged(_ name: String, _ format: ConfigurationFile.Format) throws {
        let scalars = Array(try readText(fixture(name)).unicodeScalars)
        for end in stride(from: 0, to: scalars.count, by: 7) {
            _ = problems(String(String.UnicodeScalarView(scalars[..<end])), format: format)
            for replacement: Unicode.Scalar in ["\"", "{", "]", ":", "*", "&", "$", "\n", "\u{0}", "\\"] {
                var damaged = scalars
                damaged[end] = replacement
                _ = problems(String(String.UnicodeScalarView(damaged)), format: format)
            }
        }
    }
}
