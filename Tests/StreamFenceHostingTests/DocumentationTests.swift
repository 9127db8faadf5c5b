import Foundation
import Testing

@testable import StreamFenceHosting

/// `docs/configuration.md` against the schema.
@Suite("The documentation of the configuration")
struct DocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private func document() throws -> String {
        try String(contentsOf: Self.root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
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

    @Test("The examples load")
    func examples() throws {
        let blocks = try document().components(separatedBy: "\n```")
        let examples = blocks.filter { $0.hasPrefix("yaml\n") }.map { String($0.dropFirst(5)) }
        #expect(examples.count >= 2)
        for example in examples {
            _ = try ConfigurationFile.parse(example, format: .yaml, environment: [:])
        }
    }
}
