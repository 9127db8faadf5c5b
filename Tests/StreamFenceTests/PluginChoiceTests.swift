import StreamFenceBuiltin
import StreamFencePluginKit
import Testing

@testable import StreamFence

@Suite("The choice of a plugin")
struct PluginChoiceTests {
    private func problems(
        _ use: String,
        _ options: [String: PluginOption] = [:],
        _ registry: PluginRegistry = .builtin
    ) -> [String] {
        var found = ProblemList(path: "servers.feed")
        found.nested("spillStore") { registry.check(PluginChoice(use: use, options: options), .spillStore, &$0) }
        return found.problems.map(\.description)
    }

    @Test(
        "A store without options is fine, and so is each option",
        arguments: [
            ("log", [:]), ("json-files", [:]), ("log", ["sync": "always"]),
            ("log", ["sync": "interval", "segmentBytes": 65_536]), ("log", ["sync": "interval", "syncIntervalMs": 1]),
        ] as [(String, [String: PluginOption])]
    )
    func fine(use: String, options: [String: PluginOption]) {
        #expect(problems(use, options) == [])
    }

    static let wrong: [(String, [String: PluginOption], [String])] = [
        (
            "log", ["sync": "allways"],
            ["sync: expected one of never, interval, always, found \"allways\"; did you mean always?"]
        ),
        ("log", ["sync": true, "syncIntervalMs": 5], ["sync: expected one of never, interval, always, found true"]),
        ("log", ["syncIntervalMs": 5], ["syncIntervalMs: has an effect with sync: interval only"]),
        ("log", ["sync": "interval", "syncIntervalMs": 0], ["syncIntervalMs: expected at least 1, found 0"]),
        (
            "log", ["sync": "interval", "syncIntervalMs": 2_147_483_648],
            ["syncIntervalMs: expected at most 2147483647, found 2147483648"]
        ),
        ("log", ["segmentBytes": 65_535], ["segmentBytes: expected at least 65536, found 65535"]),
        ("log", ["segmentBytes": 1.5], ["segmentBytes: expected an integer, found 1.5"]),
        ("log", ["segmentBytes": "65536"], ["segmentBytes: expected an integer, found \"65536\""]),
        ("log", ["segmentBytes": []], ["segmentBytes: expected an integer, found a list"]),
        ("log", ["segmentBytes": ["a": 1]], ["segmentBytes: expected an integer, found a section"]),
        ("log", ["segmentByte": 1], ["segmentByte: unknown option; did you mean segmentBytes?"]),
        (
            "json-files", ["segmentBytes": 65_536, "": 1],
            [
                "\"\": unknown option; json-files takes no options",
                "segmentBytes: unknown option; json-files takes no options",
            ]
        ),
    ]

    @Test("An option that is wrong or unknown is named with its path", arguments: wrong)
    func wrongOptions(use: String, options: [String: PluginOption], expected: [String]) {
        #expect(problems(use, options) == expected.map { "servers.feed.spillStore.options.\($0)" })
    }

    @Test("A plugin that doesn't exist is named, and its options aren't judged")
    func unknownStore() {
        let expected = "servers.feed.spillStore.use: expected one of json-files, log, found"
        #expect(problems("json_file", ["a": 1]) == ["\(expected) \"json_file\"; did you mean json-files?"])
        #expect(problems("redis") == ["\(expected) \"redis\""])
        #expect(
            problems("log", [:], PluginRegistry())
                == ["servers.feed.spillStore.use: no spill store is known, found \"log\""]
        )
    }
}

@Suite("The registry of plugins")
struct PluginRegistryTests {
    private struct Mine: OverflowPolicy {
        func decide(_ overflow: borrowing Overflow) -> OverflowDecision { .reject() }
    }

    private let mine = PluginComponent.overflowPolicy("mine") { _ in Mine() }

    @Test("What a program registers stands beside what comes with StreamFence, by kind and name")
    func register() throws {
        var registry = PluginRegistry.builtin
        try registry.register([mine])
        let policies = registry.entries.filter { $0.component.kind == .overflowPolicy }.map(\.component.name)
        #expect(
            policies == [
                "coalesce", "disconnect", "drop-oldest", "mine", "reject-new", "snapshot-only", "spill-to-disk",
            ]
        )
        #expect(try registry.overflowPolicy(PluginChoice(use: "mine")) is Mine)
    }

    @Test("A name that is taken is refused, and both origins are named; the registry stays as it was")
    func taken() throws {
        var registry = PluginRegistry.builtin
        let theirs = PluginComponent.overflowPolicy("drop-oldest") { _ in Mine() }
        let error = #expect(throws: PluginRegistryError.self) {
            try registry.register([mine, theirs], from: .file("/opt/libmine.so"))
        }
        #expect(
            error?.description
                == "overflow policy drop-oldest of /opt/libmine.so: the name is taken by that of StreamFence itself"
        )
        #expect(registry.entries.count == PluginRegistry.builtin.entries.count)
    }

    @Test("One name may stand for things of different kinds")
    func kinds() throws {
        var registry = PluginRegistry()
        try registry.register([mine, .spillStore("mine") { _ in { try JSONFilesSpillStore(root: $0) } }])
        #expect(registry.entries.count == 2)
    }

    @Test("A name of anything but letters, digits and - is refused", arguments: ["", "Mine", "my policy", "ä", "a_b"])
    func names(name: String) {
        var registry = PluginRegistry()
        let error = #expect(throws: PluginRegistryError.self) {
            try registry.register([.overflowPolicy(name) { _ in Mine() }])
        }
        #expect(error?.description.contains("expected a name of 1 to 64 lower case letters, digits and -") == true)
    }

    @Test("A policy of the program's own decides about a namespace's messages, and its mistakes have a path")
    func configuration() throws {
        var registry = PluginRegistry.builtin
        try registry.register([
            .overflowPolicy("mine") { options in
                _ = options.integer("level", in: 0...9, default: 0)
                return Mine()
            }
        ])
        var feed = NamespaceConfiguration(path: "/feed", topics: ["snapshot"])
        feed.overflowPolicy = PluginChoice(use: "mine", options: ["level": 10, "lvl": 1])
        feed.overflowAction = .dropOldest
        let configuration = ServerConfiguration(port: 0, namespaces: [feed])
        #expect(
            configuration.problems(registry: registry).map(\.description) == [
                "servers.default.namespaces[0].overflowPolicy.options.level: expected at most 9, found 10",
                "servers.default.namespaces[0].overflowPolicy.options.lvl: unknown option; mine takes level",
                "servers.default.namespaces[0].overflowPolicy: expected either this or overflowAction, found both",
            ]
        )
    }
}
