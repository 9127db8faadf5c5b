import Foundation
import Testing

/// A document in `docs/`, to be compared with the code.
struct MarkdownDocument {
    private let text: String

    init(_ name: String) throws {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        text = try String(contentsOf: root.appendingPathComponent("docs/\(name)"), encoding: .utf8)
    }

    private func section(_ heading: String) throws -> String {
        try #require(text.components(separatedBy: "\n## ").first { $0.hasPrefix("\(heading)\n") })
    }

    /// The first block of code under a heading.
    func code(under heading: String) throws -> String {
        try #require(section(heading).components(separatedBy: "\n```").dropFirst().first)
    }

    /// The cells of the rows of the table under a heading, its two heading lines aside.
    func rows(under heading: String) throws -> [[String]] {
        try section(heading).split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2).map { line in
            line.split(separator: "|").map { $0.replacing("`", with: "").trimmingCharacters(in: .whitespaces) }
        }
    }
}
