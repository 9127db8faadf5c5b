import Foundation

/// How a server to measure is started.
enum ServerCommand: Sendable {
    /// A `streamfence` executable, this version or another.
    case streamfence(path: String)
    /// Any server of the client protocol; the shell runs it with `{port}` replaced.
    case template(String)

    /// What `--against` says: a template if `{port}` stands in it.
    init(against text: String) {
        self = text.contains("{port}") ? .template(text) : .streamfence(path: text)
    }

    var name: String {
        switch self {
        case .streamfence(let path): (path as NSString).lastPathComponent
        case .template(let text):
            (String(text.split(whereSeparator: \.isWhitespace).first ?? "server") as NSString).lastPathComponent
        }
    }

    /// Finds the release build of the root package: from the current directory, from the one above, and from where
    /// this file lay when it was compiled.
    static func builtServer() throws -> ServerCommand {
        let source = (#filePath as NSString).deletingLastPathComponent
        let roots = [".", "..", "\(source)/../../../.."].map { ($0 as NSString).standardizingPath }
        let candidates = roots.map { "\($0)/.build/release/streamfence" }
        guard let found = candidates.first(where: { FileManager.default.isExecutableFile(atPath: $0) }) else {
            throw BenchmarkError(
                """
                there is no built server; build it with
                  swift build -c release --product streamfence
                in the root of the repository, or say where it is with --server. Looked for:
                  \(candidates.joined(separator: "\n  "))
                """
            )
        }
        return .streamfence(path: found)
    }

    /// - Throws: ``BenchmarkError`` if there is nothing to run.
    func check() throws {
        guard case .streamfence(let path) = self, !FileManager.default.isExecutableFile(atPath: path) else { return }
        throw BenchmarkError(
            """
            expected an executable, found none at \(path); build the server with
              swift build -c release --product streamfence
            or, for a server of another kind, give a command in which {port} stands
            """
        )
    }
}
