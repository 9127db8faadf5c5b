import StreamFence

/// One thing that is wrong with a configuration file.
public struct ConfigurationFileProblem: Sendable, Equatable, CustomStringConvertible {
    /// The file, as it was named to ``ConfigurationFile/load(_:environment:)``.
    public let file: String
    /// The line it stands on, from 1; `nil` where it concerns the file as a whole.
    public let line: Int?
    /// Where, in the file's own words: `servers.feed.namespaces[0].maxInFlight`. Empty where it concerns the file or its syntax.
    public let path: String
    /// What was expected and what was found.
    public let message: String

    init(file: String, line: Int?, path: String = "", message: String) {
        self.file = file
        self.line = line
        // A key or a value may hold line breaks; a problem is one line, whatever the file holds.
        self.path = escapingControls(path)
        self.message = escapingControls(message)
    }

    /// `streamfence.yaml:12: servers.feed.namespaces[0].maxInFligth: unknown key; did you mean maxInFlight?`
    public var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return path.isEmpty ? "\(place): \(message)" : "\(place): \(path): \(message)"
    }
}

/// Everything that is wrong with a configuration file, in the order of its lines; never empty.
public struct ConfigurationFileError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One entry a problem.
    public let problems: [ConfigurationFileProblem]

    init(problems: [ConfigurationFileProblem]) {
        // A line may carry several problems, which stay in the order they were found.
        self.problems = problems.enumerated()
            .sorted { ($0.element.line ?? 0, $0.offset) < ($1.element.line ?? 0, $1.offset) }
            .map(\.element)
    }

    init(file: String, line: Int? = nil, message: String) {
        self.init(problems: [ConfigurationFileProblem(file: file, line: line, message: message)])
    }

    /// One line a problem.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

/// What a reader could make no tree of. It knows the line and not yet the file.
struct SyntaxProblem: Error, Equatable {
    let line: Int?
    let message: String
}
