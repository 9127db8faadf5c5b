import Foundation
import StreamFencePluginKit
import Testing

@testable import StreamFence
@testable import StreamFenceBuiltin
@testable import StreamFenceHosting

/// `docs/configuration.md` against the schema.
@Suite("The documentation of the configuration")
struct DocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func document(_ name: String = "configuration.md") throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent("docs/\(name)"), encoding: .utf8)
    }

    /// The cells of a table's rows, its two heading lines aside.
    private func rows(under heading: String) throws -> [[String]] {
        let document = try document()
        let section = try #require(document.components(separatedBy: "\n## ").first { $0.hasPrefix(heading) })
        return section.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2).map { line in
            line.split(separator: "|").map { $0.replacing("`", with: "").trimmingCharacters(in: .whitespaces) }
        }
    }

    @Test("Every key is in the table with its type and its default, and the table has no other")
    func keys() throws {
        let documented = try rows(under: "Keys").map { Array($0.prefix(3)) }
        let schema = ConfigurationSchema.rows.filter(\.isAvailable).map { [$0.key, $0.type, $0.shownDefault] }
        #expect(documented.sorted { $0[0] < $1[0] } == schema.sorted { $0[0] < $1[0] })
        #expect(try rows(under: "Keys").allSatisfy { $0.count == 4 && !$0[3].isEmpty })
    }

    @Test("Every key that is not available yet is listed as that")
    func unavailableKeys() throws {
        let documented = try rows(under: "Not available")
        let schema = ConfigurationSchema.places.filter { !$0.unavailable.isEmpty }
        #expect(documented == schema.map { [$0.title, $0.unavailable.joined(separator: ", ")] })
    }

    @Test("Every option of a spill store is in the table, with the default that stands where it is absent")
    func spillStoreOptions() throws {
        let rows = try rows(under: "Spill stores")
        for store in ["log", "json-files"] {
            let documented = rows.filter { $0[0] == store }.map { $0[1] }
            let all = documented.isEmpty ? "no options" : documented.joined(separator: ", ")
            #expect(
                spillStoreProblems("{use: \(store), options: {nothing: 1}}").first?.hasSuffix(
                    "unknown option; \(store) takes \(all)"
                ) == true
            )
        }
        for row in rows {
            // Alone, `syncIntervalMs` has no effect.
            let others = row[1] == "syncIntervalMs" ? "sync: interval, " : ""
            let without = try logOptions("{use: \(row[0]), options: {\(others)}}")
            #expect(try logOptions("{use: \(row[0]), options: {\(others)\(row[1]): \(row[3])}}") == without)
            for value in row[2].contains("never") ? row[2].components(separatedBy: ", ") : [] {
                #expect(spillStoreProblems("{use: \(row[0]), options: {\(row[1]): \(value)}}").isEmpty)
            }
        }
    }

    private func spillStoreProblems(_ yaml: String) -> [String] {
        problems(feed(server: "spillStore: \(yaml)"))
    }

    private func logOptions(_ yaml: String) throws -> LogSpillStore.Options {
        let file = try ConfigurationFile.parse(feed(server: "spillStore: \(yaml)"), format: .yaml)
        let server = try #require(file.servers.first)
        return try PluginOptions.read(server.spillStore.options, of: "log") { LogSpillStore.Options(&$0) }
    }

    /// What the store then does by them is for its own tests.
    @Test("Each option of the spill store log reaches it")
    func logOptionsAreRead() throws {
        let read = try ["{sync: always}", "{sync: interval, syncIntervalMs: 7}", "{segmentBytes: 65537}"].map {
            try logOptions("{use: log, options: \($0)}")
        }
        #expect(
            read == [
                LogSpillStore.Options(sync: .always),
                LogSpillStore.Options(sync: .interval, syncInterval: .milliseconds(7)),
                LogSpillStore.Options(segmentBytes: 65_537),
            ]
        )
    }

    @Test("The examples load", arguments: [("configuration.md", 3), ("metrics.md", 1), ("management.md", 1)])
    func examples(name: String, count: Int) throws {
        let blocks = try document(name).components(separatedBy: "\n```")
        let examples = blocks.filter { $0.hasPrefix("yaml\n") }.map { String($0.dropFirst(5)) }
        #expect(examples.count >= count)
        for example in examples {
            _ = try ConfigurationFile.parse(example, format: .yaml, environment: ["MANAGEMENT_TOKEN": "secret"])
        }
    }
}
