import StreamFence
import Testing

@testable import StreamFenceHosting

@Suite("Options of a plugin")
struct OptionTests {
    /// The options as they were read, and the problems of reading them; what the store says of them aside.
    private func read(
        _ text: String,
        format: ConfigurationFile.Format = .yaml,
        environment: [String: String] = [:]
    ) throws -> [String: PluginOption] {
        let file = """
            {"servers": {"feed": {"port": 1, "namespaces": [], "spillStore": {"use": "any", "options": \(text)}}}}
            """
        let read = try ConfigurationFile.decode(file, format: format, name: "file", environment: environment)
        return try #require(read.servers.first).spillStore.options
    }

    @Test("An unquoted value is typed by how it is written, a quoted one is text")
    func types() throws {
        let yaml = """
            {a: text, b: "1", c: '0.5', d: 1, e: -7, f: 0.5, g: 1e3, h: true, i: False, j: yes, k: 1.2.3, l: nan,
             m: 0x10, n: "null", o: 1-2, p: 9223372036854775807, q: "", r: .5}
            """
        #expect(
            try read(yaml) == [
                "a": "text", "b": "1", "c": "0.5", "d": 1, "e": -7, "f": 0.5, "g": 1000.0, "h": true, "i": false,
                "j": "yes", "k": "1.2.3", "l": "nan", "m": "0x10", "n": "null", "o": "1-2",
                "p": 9_223_372_036_854_775_807, "q": "", "r": 0.5,
            ]
        )
    }

    @Test("Lists and sections are read as deep as they go, aliases and all")
    func nested() throws {
        #expect(
            try read("{a: [1, [two, {b: []}]], c: {d: {e: 1.5}}}") == [
                "a": [1, ["two", ["b": []]]], "c": ["d": ["e": 1.5]],
            ]
        )
        #expect(try read("{a: &a {b: 1}, c: *a}") == ["a": ["b": 1], "c": ["b": 1]])
        #expect(try read("{}") == [:])
    }

    @Test("JSON's numbers, booleans and texts keep their type")
    func json() throws {
        let json = #"{"a": "1", "b": 1, "c": 1.0, "d": true, "e": "true", "f": [{"g": 1e2}]}"#
        #expect(
            try read(json, format: .json) == [
                "a": "1", "b": 1, "c": 1.0, "d": true, "e": "true", "f": [["g": 100.0]],
            ]
        )
    }

    @Test("A variable is replaced at any depth, and typed where it is not quoted")
    func variables() throws {
        let environment = ["SIZE": "65536", "NULL": "null"]
        let yaml = #"{a: [{b: "${SIZE}"}], c: "x-${SIZE}", d: $SIZE, e: "$${SIZE}"}"#
        #expect(
            try read(yaml, environment: environment) == [
                "a": [["b": "65536"]], "c": "x-65536", "d": "$SIZE", "e": "${SIZE}",
            ]
        )
        let json = #"{"a": "${SIZE}", "b": "${NONE:-true}", "c": "${NULL}"}"#
        #expect(try read(json, format: .json, environment: environment) == ["a": 65_536, "b": true, "c": "null"])
        let block = feed(server: "spillStore:\n  use: log\n  options:\n    segmentBytes: ${SIZE}")
        let file = try ConfigurationFile.parse(block, format: .yaml, environment: environment)
        #expect(file.servers.first?.spillStore.options == ["segmentBytes": 65_536])
    }

    @Test("What can't be read is named with its place, and the rest is read")
    func problems() throws {
        let yaml = feed(
            server: """
                spillStore:
                  use: any
                  options:
                    a: [1, ~, {b: "${NONE}"}]
                    c: 99999999999999999999
                    ${NONE}: 1
                    d: 1
                    d: 2
                    e:
                """
        )
        let read = try ConfigurationFile.decode(yaml, format: .yaml, name: "file", environment: [:])
        let place = "servers.feed.spillStore.options"
        #expect(
            read.problems.dropLast().map { "\($0.line ?? 0) \($0.path): \($0.message)" } == [
                "15 \(place).d: duplicate key; it already stands on line 14",
                "11 \(place).a[1]: expected a value, found nothing",
                "11 \(place).a[2].b: the environment variable NONE is not set; ${NONE:-…} gives a default",
                "12 \(place).c: expected a number within 64 bits, or text in quotes",
                "13 \(place).${NONE}: variables are replaced in values, not in names",
                "16 \(place).e: expected a value, found nothing",
            ]
        )
        #expect(read.problems.last?.path == "servers.feed.spillStore.use")
        #expect(read.servers.first?.spillStore.options == ["a": [1, [:]], "d": 1])
    }
}
