/// One thing that is wrong with a configuration.
public struct ConfigurationProblem: Sendable, Equatable, CustomStringConvertible {
    /// Where, in the file's words: `servers.feed.namespaces[0].maxInFlight`.
    public let path: String
    /// What was expected and what was found.
    public let message: String

    /// - Parameters:
    ///   - path: where, such as `servers.feed.port`.
    ///   - message: what was expected and what was found; control characters are written as `\u{…}`.
    public init(path: String, message: String) {
        // A plugin's message may hold line breaks; a problem is one line.
        self.path = escapingControls(path)
        self.message = escapingControls(message)
    }

    /// One line: the path, a colon and the message.
    public var description: String { "\(path): \(message)" }
}

/// Everything that is wrong with a configuration; never empty.
public struct ConfigurationError: Error, Sendable, CustomStringConvertible {
    /// Every problem, in the order they were found.
    public let problems: [ConfigurationProblem]

    /// - Parameter problems: at least one.
    public init(problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One line a problem.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
