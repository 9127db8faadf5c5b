import Testing

@testable import StreamFence

@Suite("The choice of a spill store")
struct SpillStoreChoiceTests {
    private func read(_ use: String, _ options: [String: PluginOption] = [:]) -> (SpillStoreChoice?, [String]) {
        var found = ProblemList(path: "spillStore")
        let choice = SpillStoreChoice(PluginChoice(use: use, options: options), &found)
        return (choice, found.problems.map(\.description))
    }

    @Test("A store without options has its defaults")
    func defaults() {
        #expect(read("log") == (.log(sync: .never, segmentBytes: 16_777_216), []))
        #expect(read("json-files") == (.jsonFiles, []))
    }

    @Test("Each option is read")
    func options() {
        #expect(read("log", ["sync": "always"]) == (.log(sync: .always, segmentBytes: 16_777_216), []))
        #expect(
            read("log", ["sync": "interval", "segmentBytes": 65_536])
                == (.log(sync: .interval(.seconds(1)), segmentBytes: 65_536), [])
        )
        #expect(
            read("log", ["sync": "interval", "syncIntervalMs": 1])
                == (.log(sync: .interval(.milliseconds(1)), segmentBytes: 16_777_216), [])
        )
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
            ["syncIntervalMs: expected at most 2147483647 milliseconds, found 2147483648"]
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
                ": unknown option; json-files takes no options",
                "segmentBytes: unknown option; json-files takes no options",
            ]
        ),
    ]

    @Test("An option that is wrong or unknown is named with its path", arguments: wrong)
    func wrongOptions(use: String, options: [String: PluginOption], problems: [String]) {
        let (choice, found) = read(use, options)
        #expect(found == problems.map { "spillStore.options.\($0)" })
        #expect(choice != nil)
    }

    @Test("A store that doesn't exist is named, and its options aren't judged")
    func unknownStore() {
        let expected = "spillStore.use: expected one of log, json-files, found"
        #expect(read("json_file", ["a": 1]) == (nil, ["\(expected) \"json_file\"; did you mean json-files?"]))
        #expect(read("redis") == (nil, ["\(expected) \"redis\""]))
    }
}
