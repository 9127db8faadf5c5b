import StreamFence

/// Where the keys of a file stand.
struct ConfigurationPlaces: Sendable {
    /// The file, as problems call it.
    let file: String
    /// The line of each key and item that was met, by its path.
    var lines: [String: Int] = [:]

    init(file: String) {
        self.file = file
    }

    /// A rule that is broken, with the line it speaks of.
    func locate(_ problem: ConfigurationProblem) -> ConfigurationFileProblem {
        ConfigurationFileProblem(
            file: file,
            line: line(around: problem.path),
            path: problem.path,
            message: problem.message
        )
    }

    /// That of the path, or of the section it would stand in.
    func line(around path: String) -> Int? {
        ([path] + Self.ancestors(of: path)).lazy.compactMap { lines[$0] }.first
    }

    /// `a.b[0]` -> `a.b`, `a`.
    static func ancestors(of path: String) -> [String] {
        var result: [String] = []
        var rest = path[...]
        while let end = rest.lastIndex(where: { $0 == "." || $0 == "[" }) {
            rest = rest[..<end]
            result.append(String(rest))
        }
        return result
    }
}
